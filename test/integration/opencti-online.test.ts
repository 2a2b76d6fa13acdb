import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, it } from 'vitest'
import { systemClock } from '../../src/core/clock.ts'
import { createMemoryStore } from '../../src/store/memory/memory.ts'
import { asking, fake, hitsOf, seen } from '../support/opencti-provider.ts'

const SHA256 = '275a021bbfb6489e54d471899f7db9d1663fc695ec2fe2a2c4538aabf651fd0f'

it.each([
  ['ipv4', '198.51.100.7', `[ipv4-addr:value = '198.51.100.7']`],
  ['ipv6', '2001:db8::1', `[ipv6-addr:value='2001:db8::1']`],
  ['domain', 'evil.example.com', `[domain-name:value = 'Evil.Example.com']`],
  ['domain', 'host.example.com', `[hostname:value = 'host.example.com']`],
  ['url', 'http://evil.example.com/a', `[url:value = 'http://evil.example.com/a']`],
  ['email', 'bob@evil.example.com', `[email-addr:value = 'bob@evil.example.com']`],
  ['md5', '44d88612fea8a8f36de82e1278abb02f', `[file:hashes.MD5 = '44D88612FEA8A8F36DE82E1278ABB02F']`],
  [
    'sha1',
    '3395856ce81f2b7382dee72602f798b642f14140',
    `[file:hashes.'SHA-1' = '3395856ce81f2b7382dee72602f798b642f14140']`,
  ],
  ['sha256', SHA256, `[file:hashes.'SHA-256' = '${SHA256}']`],
  ['ipv6', '2a00:1450:4001::66', `[ipv6-addr:value = '2A00:1450:4001:0000:0000:0000:0000:0066']`],
  ['domain', 'xn--mnchen-bad-9db.example.com', `[domain-name:value = 'münchen-bad.example.com']`],
] as const)('finds the indicator of a %s, %s, by its pattern', async (type, value, pattern) => {
  const opencti = await fake()
  opencti.addIndicator({ pattern, name: 'found' })
  const { ask } = asking(opencti)
  const [verdict] = await ask([seen(type, value)])
  expect(hitsOf(verdict)).toEqual(['exact pattern found'])
})

it('finds by name a pattern of several values, and only where the value is one of them', async () => {
  const opencti = await fake()
  opencti.addIndicator({
    name: '198.51.100.7',
    pattern: `[ipv4-addr:value = '198.51.100.7' OR ipv4-addr:value = '198.51.100.8']`,
  })
  opencti.addIndicator({ name: 'evil.example.com', pattern: `[domain-name:value = 'other.example.com']` })
  const { ask } = asking(opencti)
  const [address, name] = await ask([seen('ipv4', '198.51.100.7'), seen('domain', 'evil.example.com')])
  expect(hitsOf(address)).toEqual(['exact pattern 198.51.100.7'])
  expect(name).toEqual({ kind: 'miss' })
})

it('finds the indicators of an observable, and those of what is related to it', async () => {
  const opencti = await fake()
  const own = opencti.addIndicator({ name: 'own', pattern: `[file:name = 'x']` })
  const far = opencti.addIndicator({ name: 'far', pattern: `[x-other:value = 'y']` })
  const address = opencti.addObservable({
    entity_type: 'IPv4-Addr',
    value: '203.0.113.66',
    indicators: [far.id],
  })
  opencti.addObservable({
    entity_type: 'Domain-Name',
    value: 'evil.example.com',
    indicators: [own.id],
    related: [{ object: address.id, relationship_type: 'resolves-to' }],
  })
  const { ask } = asking(opencti)
  const [verdict] = await ask([seen('domain', 'evil.example.com')])
  expect(hitsOf(verdict)).toEqual(['exact observable own', 'related related far'])
  const related = verdict?.kind === 'hit' ? verdict.indicators[1]?.indicator : undefined
  expect(related).toMatchObject({
    type: 'ipv4',
    value: '203.0.113.66',
    context: {
      observable: { type: 'Domain-Name', value: 'evil.example.com' },
      related: { type: 'IPv4-Addr', relationship: 'resolves-to', value: '203.0.113.66' },
    },
  })
})

it('finds files by each digest', async () => {
  const opencti = await fake()
  const { id } = opencti.addIndicator({ name: 'own', pattern: `[file:name = 'x']` })
  opencti.addObservable({
    entity_type: 'StixFile',
    name: 'eicar.com',
    hashes: [
      { algorithm: 'MD5', hash: '44d88612fea8a8f36de82e1278abb02f' },
      { algorithm: 'SHA-256', hash: SHA256 },
    ],
    indicators: [id],
  })
  const { ask } = asking(opencti)
  const verdicts = await ask([seen('md5', '44d88612fea8a8f36de82e1278abb02f'), seen('sha256', SHA256)])
  expect(verdicts.map(hitsOf)).toEqual([['exact observable own'], ['exact observable own']])
})

it('tells all there is about a hit', async () => {
  const opencti = await fake()
  const malware = opencti.addEntity({ entity_type: 'Malware', name: 'Emotet' })
  const actor = opencti.addEntity({ entity_type: 'Intrusion-Set', name: 'TA542' })
  const technique = opencti.addEntity({
    entity_type: 'Attack-Pattern',
    name: 'Phishing',
    attributes: { x_mitre_id: 'T1566' },
  })
  opencti.addIndicator({
    name: 'c2 of Emotet',
    description: 'seen in March',
    pattern: `[ipv4-addr:value = '198.51.100.7']`,
    indicator_types: ['malicious-activity'],
    valid_from: '2026-01-01T00:00:00.000Z',
    valid_until: '2099-01-01T00:00:00.000Z',
    confidence: 70,
    x_opencti_score: 85,
    x_opencti_detection: true,
    createdBy: { name: 'CERT Example', entity_type: 'Organization' },
    objectLabel: ['c2'],
    objectMarking: ['TLP:AMBER'],
    killChainPhases: [{ kill_chain_name: 'mitre-attack', phase_name: 'command-and-control' }],
    externalReferences: [{ source_name: 'report', url: 'https://intel.example.org/1' }],
    indicates: [malware.id, actor.id, technique.id],
  })
  const { ask } = asking(opencti)
  const [verdict] = await ask([seen('ipv4', '198.51.100.7')])
  const found = verdict?.kind === 'hit' ? verdict.indicators[0].indicator : undefined
  expect(found).toMatchObject({
    type: 'ipv4',
    value: '198.51.100.7',
    provider: 'opencti',
    source: 'CERT Example',
    organisation: 'CERT Example',
    sourceType: 'indicator',
    title: 'c2 of Emotet',
    comment: 'seen in March',
    category: 'malicious-activity',
    tags: ['c2'],
    tlp: 'amber',
    malware: ['Emotet'],
    threatActors: ['TA542'],
    attackPatterns: ['T1566 Phishing'],
    killChainPhases: ['mitre-attack:command-and-control'],
    score: 85,
    confidence: 70,
    detection: true,
    validFrom: Date.UTC(2026, 0, 1),
    validUntil: Date.UTC(2099, 0, 1),
    revoked: false,
    context: {
      platform: 'opencti',
      found: 'pattern',
      indicator: {
        createdBy: { name: 'CERT Example' },
        externalReferences: ['https://intel.example.org/1'],
        labels: ['c2'],
        killChainPhases: ['mitre-attack'],
      },
    },
  })
  expect(found?.ref).toMatch(/^indicator--/)
  expect(found?.link).toBe(`${opencti.url}/dashboard/observations/indicators/${found?.context?.indicator.id}`)
})

it('asks one question about values nobody knows, and a second one about what is known', async () => {
  const opencti = await fake()
  opencti.addIndicator({ name: 'x', pattern: `[ipv4-addr:value = '198.51.100.7']` })
  const { ask } = asking(opencti)
  await ask([seen('ipv4', '198.51.100.99'), seen('domain', 'fine.example.com')])
  expect(operations(opencti)).toEqual(['About', 'Lookup'])
  opencti.clearRequests()
  await ask([seen('ipv4', '198.51.100.7'), seen('ipv4', '198.51.100.98')])
  expect(operations(opencti)).toEqual(['Lookup', 'Details'])
})

it('asks with at most 200 values in a filter, and with none of them in the document', async () => {
  const opencti = await fake()
  const { ask } = asking(opencti)
  await ask(Array.from({ length: 150 }, (_, i) => seen('ipv4', `198.51.100.${i}`)))
  const lookups = opencti.requests.filter(({ operationName }) => operationName === 'Lookup')
  expect(lookups.length).toBeGreaterThan(2)
  for (const { query, variables } of lookups) {
    expect(JSON.stringify(variables).match(/198\.51\.100\./g)?.length).toBeLessThanOrEqual(200)
    expect(query).not.toContain('198.51.100')
  }
})

it.each([
  ['ipv6', 'IPv6-Addr', '2a00:1450:4001::66', '2A00:1450:4001:0000:0000:0000:0000:0066'],
  ['domain', 'Domain-Name', 'xn--mnchen-bad-9db.example.com', 'münchen-bad.example.com'],
] as const)(
  'finds the observable of a %s (%s) with the value %s that was entered as %s',
  async (type, entityType, value, entered) => {
    const opencti = await fake()
    const { id } = opencti.addIndicator({ name: 'own', pattern: `[file:name = 'x']` })
    opencti.addObservable({ entity_type: entityType, value: entered, indicators: [id] })
    const [verdict] = await asking(opencti).ask([seen(type, value)])
    expect(hitsOf(verdict)).toEqual(['exact observable own'])
  },
)

it('halves a question that has too many clauses for the server', async () => {
  const opencti = await fake({ maxClauses: 60 })
  opencti.addIndicator({ name: 'x', pattern: `[ipv4-addr:value = '198.51.100.7']` })
  const { ask } = asking(opencti)
  const verdicts = await ask(Array.from({ length: 60 }, (_, i) => seen('ipv4', `198.51.100.${i}`)))
  expect(verdicts.filter(({ kind }) => kind === 'hit')).toHaveLength(1)
  expect(verdicts.filter(({ kind }) => kind === 'miss')).toHaveLength(59)
})

it('finds a URL that is too long to be compared, by the id that is computed of it', async () => {
  const opencti = await fake()
  const url = `http://evil.example.com/${'a'.repeat(600)}`
  opencti.addIndicator({ name: 'long', pattern: `[url:value = '${url}']` })
  const { ask } = asking(opencti)
  const [verdict] = await ask([seen('url', url)])
  expect(hitsOf(verdict)).toEqual(['exact pattern long'])
})

it.each(['5.12.33', '6.0.10', '6.7.11', '6.9.28', '7.260817.0'])('works with OpenCTI %s', async (version) => {
  const opencti = await fake({ version })
  opencti.addIndicator({ name: 'x', pattern: `[ipv4-addr:value = '198.51.100.7']` })
  const { ask } = asking(opencti)
  const verdicts = await ask([seen('ipv4', '198.51.100.7'), seen('ipv4', '198.51.100.8')])
  expect(verdicts.map(({ kind }) => kind)).toEqual(['hit', 'miss'])
})

it('refuses a server that is too old', async () => {
  const { ask } = asking(await fake({ version: '5.11.14' }))
  const [verdict] = await ask([seen('ipv4', '198.51.100.7')])
  expect(verdict).toMatchObject({ kind: 'unanswered', error: { code: 'PROVIDER_UNSUPPORTED' } })
})

it.each([['/graphql'], ['/'], ['/graphql/']])(
  'takes a base URL with %s at its end, below a path',
  async (end) => {
    const opencti = await fake({ basePath: '/cti' })
    opencti.addIndicator({ name: 'x', pattern: `[ipv4-addr:value = '198.51.100.7']` })
    const { ask } = asking(opencti, { url: `${opencti.url}${end}` })
    const [verdict] = await ask([seen('ipv4', '198.51.100.7')])
    expect(verdict?.kind).toBe('hit')
  },
)

it.each([
  ['html-200', {}, 'PROVIDER_UNSUPPORTED'],
  ['html-502', {}, 'PROVIDER_UNREACHABLE'],
  ['unauthorized', {}, 'PROVIDER_REFUSED'],
  ['forbidden', {}, 'PROVIDER_REFUSED'],
  ['internal', {}, 'PROVIDER_OVERLOADED'],
  ['unavailable', {}, 'PROVIDER_UNREACHABLE'],
  ['proxy-rate-limit', { seconds: 3 }, 'PROVIDER_THROTTLED'],
  ['graphql-error', { code: 'AUTH_REQUIRED' }, 'PROVIDER_REFUSED'],
  ['graphql-error', { code: 'FORBIDDEN_ACCESS' }, 'PROVIDER_REFUSED'],
  ['graphql-error', { code: 'DATABASE_ERROR', field: 'indicators' }, 'PROVIDER_OVERLOADED'],
  ['graphql-error', { code: 'UNSUPPORTED_ERROR', field: 'indicators' }, 'PROVIDER_UNSUPPORTED'],
  ['graphql-error', { code: 'LOCK_ERROR' }, 'PROVIDER_OVERLOADED'],
  ['data-null', {}, 'PROVIDER_OVERLOADED'],
  ['empty-body', {}, 'PROVIDER_MALFORMED'],
  ['truncated', {}, 'PROVIDER_MALFORMED'],
  ['reset', {}, 'PROVIDER_UNREACHABLE'],
] as const)(
  'says of %s %j that it is %s, and never that a value is unknown',
  async (fault, options, code) => {
    const opencti = await fake()
    opencti.setFault(fault, options)
    const { ask } = asking(opencti)
    const [verdict] = await ask([seen('ipv4', '198.51.100.7')])
    expect(verdict).toMatchObject({ kind: 'unanswered', error: { code } })
    expect(JSON.stringify(verdict)).not.toContain(opencti.token)
  },
)

it('never sends a cookie back, and an empty draft with each request', async () => {
  const opencti = await fake()
  const { ask } = asking(opencti)
  await ask([seen('ipv4', '198.51.100.7')])
  await ask([seen('ipv4', '198.51.100.8')])
  expect(opencti.cookiesReceived).toBe(0)
  expect(opencti.requests.every(({ headers }) => headers['opencti-draft-id'] === '')).toBe(true)
})

it('counts what resembles a value and is another one', async () => {
  const opencti = await fake()
  opencti.addIndicator({ name: 'x', pattern: `[url:value = 'http://evil.example.com/A']` })
  const { ask, telemetry } = asking(opencti)
  const [verdict] = await ask([seen('url', 'http://evil.example.com/a')])
  expect(verdict).toEqual({ kind: 'miss' })
  expect(await telemetry.metrics.byReason('provider_rows_dropped_total')).toEqual({ not_asked: 1 })
})

it('trusts a private authority that the settings name, and no other', async () => {
  const folder = join(import.meta.dirname, '../fixtures/tls')
  const file = (name: string): string => readFileSync(join(folder, name), 'utf8')
  const opencti = await fake({ tls: { key: file('server-key.pem'), cert: file('server.pem') } })
  opencti.addIndicator({ name: 'x', pattern: `[ipv4-addr:value = '198.51.100.7']` })
  const [distrusted] = await asking(opencti).ask([seen('ipv4', '198.51.100.7')])
  expect(distrusted).toMatchObject({ kind: 'unanswered', error: { code: 'PROVIDER_UNTRUSTED' } })
  // The certificate is for the name, not for the address.
  const settings = {
    url: opencti.url.replace('127.0.0.1', 'localhost'),
    caFile: join(folder, 'authority.pem'),
  }
  const [trusted] = await asking(opencti, settings).ask([seen('ipv4', '198.51.100.7')])
  expect(trusted?.kind).toBe('hit')
})

it('remembers hits and misses, also over a restart', async () => {
  const opencti = await fake()
  opencti.addIndicator({ name: 'x', pattern: `[ipv4-addr:value = '198.51.100.7']` })
  const store = createMemoryStore({ clock: systemClock, maxEntries: 1000 })
  const both = [seen('ipv4', '198.51.100.7'), seen('ipv4', '198.51.100.8')]
  const first = asking(opencti, {}, { store })
  const told = await first.ask(both)
  await first.provider.close()
  await opencti.stop()
  const again = await asking(opencti, {}, { store }).ask(both)
  expect(again.map(({ kind }) => kind)).toEqual(['hit', 'miss'])
  expect(again[0]).toEqual({ ...told[0], via: 'cache' })
})

function operations(opencti: {
  readonly requests: readonly { readonly operationName?: string | undefined }[]
}) {
  return opencti.requests.map(({ operationName }) => operationName)
}

it('tells of each failure, and of none that is only a consequence', async () => {
  const opencti = await fake()
  opencti.setFault('unauthorized')
  const { ask, notices } = asking(opencti, { breakerThreshold: 2 })
  await ask([seen('ipv4', '198.51.100.7')])
  expect(notices).toMatchObject([{ platform: 'opencti', kind: 'failing', code: 'PROVIDER_REFUSED' }])
  await ask([seen('ipv4', '198.51.100.8')])
  await ask([seen('ipv4', '198.51.100.9')])
  // Two requests, and that the provider is left alone.
  expect(notices).toHaveLength(3)
})
