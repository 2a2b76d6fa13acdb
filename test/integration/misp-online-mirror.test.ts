import * as fc from 'fast-check'
import { tmpdir } from 'node:os'
import { expect, it } from 'vitest'
import { indicatorValues } from '../../src/canonical/indicator-value.ts'
import { systemClock } from '../../src/core/clock.ts'
import type { Indicator } from '../../src/core/indicator.ts'
import type { MatchedIndicator } from '../../src/core/match.ts'
import { observableKey, type Observable, type ObservableKey } from '../../src/core/observable.ts'
import { createMirror } from '../../src/intel/mirror/mirror.ts'
import { createMispClient } from '../../src/intel/misp/client/client.ts'
import { mispConfig } from '../../src/intel/misp/config.ts'
import { mispIndicators } from '../../src/intel/misp/indicators/indicators.ts'
import { createMispProvider } from '../../src/intel/misp/misp.ts'
import { createMemoryStore } from '../../src/store/memory/memory.ts'
import { fill } from '../contract/mirror.ts'
import { startFakeMisp, type FakeMisp } from '../support/fake-misp/fake-misp.ts'
import type { FakeAttributeInput } from '../support/fake-misp/types.ts'
import { createMemoryBodies } from '../support/memory-bodies.ts'
import { recordedTelemetry } from '../support/telemetry.ts'

const noAbort = new AbortController().signal

/** Few values, so that many of them meet. Names of others, a private suffix and an international name among them. */
const host = fc.constantFrom(
  'evil.com',
  'www.evil.com',
  'a.www.evil.com',
  'Evil.COM',
  'evil.co.uk',
  'www.evil.co.uk',
  'github.io',
  'someone.github.io',
  'a.someone.github.io',
  'xn--mnchen-3ya.de',
  'www.xn--mnchen-3ya.de',
)
const address = fc.constantFrom('45.1.2.3', '45.1.2.4', '2a0b:1::1', '2A0B:1:0:0:0:0:0:1', '2a0b:1::2')
const digest = fc.constantFrom(
  'aa112233445566778899aabbccddeeff',
  'AA112233445566778899aabbccddeeff',
  'bb'.repeat(19) + 'cc',
  'cc'.repeat(31) + 'dd',
)
const email = fc
  .tuple(fc.constantFrom('bob', 'eve', 'a_b', '%a', 'x%a'), host)
  .map(([local, domain]) => `${local}@${domain}`)
const urlHost = fc.oneof(host, fc.constantFrom('45.1.2.3', '[2a0b:1::1]', 'münchen.de'))
const path = fc.constantFrom(
  '',
  '/',
  '/a',
  '/a/',
  '/A/',
  '/a/b',
  '/a/b/c',
  '/a/b?x=1',
  '/?x=%',
  '/café',
  '/caf%c3%a9',
  '/a_b%',
)
const port = fc.constantFrom('', '', '', ':80', ':443', ':8080')
const url = fc
  .tuple(fc.constantFrom('http', 'https', 'HTTP', 'ftp'), urlHost, port, path)
  .map(([scheme, name, number, rest]) => `${scheme}://${name}${number}${rest}`)
/** Without scheme and default port: see `mispForms` for what cannot be asked for. */
const bareUrl = fc
  .tuple(host, fc.constantFrom('', ':8080'), path)
  .map(([name, number, rest]) => `${name}${number}${rest}`)

function typed(types: readonly string[], value: fc.Arbitrary<string>): fc.Arbitrary<FakeAttributeInput> {
  return fc.record({ type: fc.constantFrom(...types), value })
}

const attribute = fc.oneof(
  typed(['domain', 'hostname'], host),
  typed(['ip-src', 'ip-dst'], address),
  typed(
    ['ip-src|port', 'ip-dst|port'],
    address.map((value) => `${value}|8443`),
  ),
  typed(
    ['domain|ip'],
    fc.tuple(host, address).map(([name, value]) => `${name}|${value}`),
  ),
  typed(
    ['hostname|port'],
    host.map((name) => `${name}|80`),
  ),
  typed(['url'], url),
  typed(['uri', 'url'], bareUrl),
  typed(['email-src', 'email-dst', 'email-reply-to'], email),
  typed(
    ['filename|md5', 'malware-sample'],
    digest.filter(({ length }) => length === 32).map((value) => `evil.com|${value}`),
  ),
  typed(
    ['md5'],
    digest.filter(({ length }) => length === 32),
  ),
  typed(
    ['sha1'],
    digest.filter(({ length }) => length === 40),
  ),
  typed(
    ['filename|sha256'],
    digest.filter(({ length }) => length === 64).map((value) => `x|${value}`),
  ),
  typed(['text', 'filename'], fc.oneof(host, url)),
)

const observable = fc
  .oneof(
    host.map((value) => indicatorValues(value, 'domain')),
    address.map((value) => indicatorValues(value, 'ip')),
    digest.map((value) => indicatorValues(value, 'hash')),
    email.map((value) => indicatorValues(value, 'email')),
    url.map((value) => indicatorValues(value, 'url')),
  )
  .filter((values) => values.length > 0)
  .map(([value]): Observable => ({ ...(value ?? expect.fail('none')), where: ['data.field'] }))

function told(found: readonly MatchedIndicator[]): readonly string[] {
  return found
    .map(({ indicator, kind }) => `${kind} ${indicator.type} ${indicator.value} ${indicator.ref}`)
    .toSorted()
}

function settings(misp: FakeMisp) {
  return mispConfig.parse({
    type: 'misp',
    url: misp.url,
    apiKey: misp.keys.user,
    rateLimit: '1ms',
    burstLimit: 10_000,
  })
}

/** What the server's rows give when they are all fetched. */
async function everyIndicator(misp: FakeMisp, event: string): Promise<readonly Indicator[]> {
  const client = createMispClient({
    config: settings(misp),
    provider: 'misp',
    telemetry: recordedTelemetry(),
  })
  try {
    const { rows } = await client.searchAttributes({ events: [event], limit: 1000 }, noAbort)
    return rows.flatMap((row) => mispIndicators(row, { provider: 'misp', webUrl: misp.url }))
  } finally {
    await client.close()
  }
}

async function foundInMirror(
  indicators: readonly Indicator[],
  observables: readonly Observable[],
): Promise<ReadonlyMap<ObservableKey, readonly string[]>> {
  const mirror = createMirror({
    bodies: createMemoryBodies(),
    telemetry: recordedTelemetry(),
    providerIds: ['feeds'],
  })
  await fill(mirror, indicators)
  const found = new Map(observables.map((each) => [observableKey(each), told(mirror.find(each))]))
  await mirror.close()
  return found
}

async function foundOnline(
  misp: FakeMisp,
  observables: readonly Observable[],
): Promise<ReadonlyMap<ObservableKey, readonly string[]>> {
  const provider = createMispProvider({
    id: 'misp',
    config: settings(misp),
    telemetry: recordedTelemetry(),
    store: createMemoryStore({ clock: systemClock, maxEntries: 10_000 }),
    stateDir: tmpdir(),
  })
  const verdicts = await provider.lookup?.(observables, noAbort)
  await provider.close()
  return new Map(
    observables.map((each) => {
      const key = observableKey(each)
      const verdict = verdicts?.get(key)
      if (verdict?.kind === 'unanswered') throw verdict.error
      return [key, verdict?.kind === 'hit' ? told(verdict.indicators) : []]
    }),
  )
}

/** Except for networks: MISP compares addresses as text, so only a mirror finds the network an address is in. */
it('online look-ups find what the mirror finds, as the same kinds', async () => {
  let matched = 0
  await fc.assert(
    fc.asyncProperty(
      fc.array(attribute, { minLength: 60, maxLength: 120 }),
      fc.array(observable, { minLength: 60, maxLength: 120 }),
      async (attributes, observables) => {
        const misp = await startFakeMisp()
        try {
          const event = misp.addEvent({ attributes })
          const mirrored = await foundInMirror(await everyIndicator(misp, event.id), observables)
          expect(await foundOnline(misp, observables)).toEqual(mirrored)
          matched += [...mirrored.values()].flat().length
        } finally {
          await misp.close()
        }
      },
    ),
    { numRuns: 40 },
  )
  expect(matched).toBeGreaterThan(1000)
})
