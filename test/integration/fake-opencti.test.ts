import { afterEach, describe, expect, it } from 'vitest'
import { ask, codeIn, graphql } from '../support/fake-opencti/ask.ts'
import type { FakeOpenCti, FakeOpenCtiOptions } from '../support/fake-opencti/fake-opencti.ts'
import { startFakeOpenCti } from '../support/fake-opencti/fake-opencti.ts'
import type { FilterGroup } from '../support/fake-opencti/filters/types.ts'
import { seedPattern, seedValue } from '../support/fake-opencti/store/seed.ts'
import type { UserName } from '../support/fake-opencti/users.ts'

const open: FakeOpenCti[] = []

afterEach(async () => {
  for (const opencti of open.splice(0)) await opencti.close()
})

async function fake(options: FakeOpenCtiOptions = {}): Promise<FakeOpenCti> {
  const opencti = await startFakeOpenCti(options)
  open.push(opencti)
  return opencti
}

interface Page {
  readonly pageInfo: {
    readonly hasNextPage: boolean
    readonly endCursor: string
    readonly globalCount: number
  }
  readonly edges: readonly { readonly node: { readonly id: string; readonly name: string } }[]
}

const INDICATORS = `query I($filters: FilterGroup, $first: Int, $after: ID, $orderBy: IndicatorsOrdering, $orderMode: OrderingMode) {
  found: indicators(filters: $filters, first: $first, after: $after, orderBy: $orderBy, orderMode: $orderMode) {
    pageInfo { hasNextPage endCursor globalCount } edges { node { id name } }
  }
}`
const OBSERVABLES = `query O($filters: FilterGroup, $types: [String]) {
  found: stixCyberObservables(filters: $filters, types: $types) {
    pageInfo { hasNextPage endCursor globalCount } edges { node { id name: observable_value } }
  }
}`

async function find(opencti: FakeOpenCti, query: string, variables: Record<string, unknown>): Promise<Page> {
  const { data, errors } = await graphql<{ found: Page }>(opencti, query, variables)
  expect(errors).toBeUndefined()
  if (data === undefined || data === null) throw new Error('no data')
  return data.found
}

async function names(opencti: FakeOpenCti, query: string, filters: FilterGroup): Promise<readonly string[]> {
  return (await find(opencti, query, { filters })).edges.map(({ node }) => node.name).toSorted()
}

function eq(key: string, ...values: readonly unknown[]): FilterGroup {
  return { mode: 'or', filters: [{ key: [key], values }], filterGroups: [] }
}

function where(key: string, operator: string, ...values: readonly unknown[]): FilterGroup {
  return { mode: 'and', filters: [{ key: [key], values, operator }], filterGroups: [] }
}

describe('who asks the fake OpenCTI', () => {
  const KNOWLEDGE = '{ indicators(first: 1) { edges { node { id } } } }'

  it.each<[user: UserName, version: string, query: string, code: string | undefined]>([
    ['connector', '6.7.11', KNOWLEDGE, undefined],
    ['lookups', '6.7.11', KNOWLEDGE, undefined],
    ['admin', '6.7.11', KNOWLEDGE, undefined],
    ['noknowledge', '6.7.11', KNOWLEDGE, 'FORBIDDEN_ACCESS'],
    ['noknowledge', '6.7.11', '{ about { version } }', undefined],
    ['tokenless', '6.9.28', KNOWLEDGE, undefined],
    ['tokenless', '7.260817.0', KNOWLEDGE, 'AUTH_REQUIRED'],
  ])('%s of %s: %s gives %s', async (user, version, query, code) => {
    expect(codeIn(await graphql(await fake({ version }), query, {}, { user }))).toBe(code)
  })

  it('tells nobody its version from 6.1, and anybody before', async () => {
    const headers = { authorization: 'Bearer no-such-token' }
    const [old, fresh] = [await fake({ version: '6.0.10' }), await fake()]
    expect(await graphql(old, '{ about { version } }', {}, { headers })).toEqual({
      data: { about: { version: '6.0.10' } },
    })
    const refused = await graphql(fresh, '{ about { version } }', {}, { headers })
    expect(refused.data).toEqual({ about: null })
    expect(codeIn(refused)).toBe('AUTH_REQUIRED')
  })

  it('sets a cookie, and takes the one who sends it back for a stranger', async () => {
    const opencti = await fake()
    const { headers } = await ask(opencti, '/graphql', { query: '{ about { version } }' })
    const cookie = String(headers['set-cookie']).split(';')[0] ?? ''
    expect(cookie).toContain('opencti_session=')
    expect(opencti.cookiesReceived).toBe(0)
    expect(codeIn(await graphql(opencti, '{ about { version } }', {}, { headers: { cookie } }))).toBe(
      'AUTH_REQUIRED',
    )
    expect(opencti.cookiesReceived).toBe(1)
  })

  it('locks one whose draft is gone out, but for an empty header', async () => {
    const opencti = await fake()
    const body = { query: '{ about { version } }' }
    const told = await ask(opencti, '/graphql', body, { user: 'drafting' })
    expect(told.status).toBe(500)
    expect(told.text).toContain('DRAFT_LOCKED')
    const headers = { 'opencti-draft-id': '' }
    expect((await ask(opencti, '/graphql', body, { user: 'drafting', headers })).status).toBe(200)
  })

  it('keeps what it was asked, without the token', async () => {
    const opencti = await fake({ basePath: '/opencti' })
    await graphql(opencti, 'query Version { about { version } }', { a: 1 })
    expect(opencti.requests).toMatchObject([
      { method: 'POST', path: '/opencti/graphql', variables: { a: 1 }, user: 'connector', status: 200 },
    ])
    expect(JSON.stringify(opencti.requests)).not.toContain(opencti.token)
  })
})

describe('what the fake OpenCTI compares', () => {
  it('folds case and accents, and does not see values above 512 characters', async () => {
    const opencti = await fake()
    const long = `http://example.com/${'a'.repeat(500)}`
    for (const value of ['http://Example.com/Ünï', long.slice(0, 512), long.slice(0, 513)]) {
      opencti.addObservable({ entity_type: 'Url', value })
    }
    expect(await names(opencti, OBSERVABLES, eq('value', 'HTTP://example.com/uni'))).toEqual([
      'http://Example.com/Ünï',
    ])
    expect(await names(opencti, OBSERVABLES, eq('value', long.slice(0, 512)))).toHaveLength(1)
    expect(await names(opencti, OBSERVABLES, eq('value', long.slice(0, 513)))).toEqual([])
  })

  it('finds a file by its hashes and any of its ids, never by value', async () => {
    const opencti = await fake()
    const [md5, sha256] = ['a'.repeat(32), 'b'.repeat(64)]
    const hashes = [
      { algorithm: 'MD5', hash: md5 },
      { algorithm: 'SHA-256', hash: sha256 },
    ]
    opencti.addObservable({ entity_type: 'StixFile', name: 'x.exe', hashes })
    expect(await names(opencti, OBSERVABLES, eq('value', sha256))).toEqual([])
    expect(await names(opencti, OBSERVABLES, eq('hashes.SHA-256', sha256.toUpperCase()))).toEqual([sha256])
    expect(await names(opencti, OBSERVABLES, eq('hashes.MD5', md5))).toEqual([sha256])
    expect(await names(opencti, OBSERVABLES, eq('name', 'X.EXE'))).toEqual([sha256])
    expect((await find(opencti, OBSERVABLES, { types: ['IPv4-Addr'] })).edges).toEqual([])
    expect((await find(opencti, OBSERVABLES, { types: ['StixFile', 'Artifact'] })).edges).toHaveLength(1)
  })

  it('combines filters and groups, and knows labels by text and id', async () => {
    const opencti = await fake()
    for (const [name, score, label] of [
      ['a', 10, 'c2'],
      ['b', 60, 'c2'],
      ['c', 90, 'phishing'],
    ] as const) {
      const objectLabel = [label]
      opencti.addIndicator({
        name,
        pattern: `[domain-name:value = '${name}.example']`,
        x_opencti_score: score,
        objectLabel,
      })
    }
    opencti.addIndicator({ name: 'd', pattern: 'rule x {}', pattern_type: 'yara', x_opencti_score: 95 })
    expect(await names(opencti, INDICATORS, where('x_opencti_score', 'gte', '60'))).toEqual(['b', 'c', 'd'])
    expect(await names(opencti, INDICATORS, where('pattern_type', 'not_eq', 'stix'))).toEqual(['d'])
    expect(await names(opencti, INDICATORS, where('objectLabel', 'nil'))).toEqual(['d'])
    expect(await names(opencti, INDICATORS, eq('objectLabel', 'C2'))).toEqual(['a', 'b'])
    const [label] = opencti.instance.database.all('label')
    expect(await names(opencti, INDICATORS, eq('objectLabel', label?.id))).toEqual(['a', 'b'])
    const both: FilterGroup = {
      mode: 'and',
      filters: [{ key: ['pattern_type'], values: ['STIX'] }],
      filterGroups: [
        {
          mode: 'or',
          filters: [...eq('name', 'a').filters, ...eq('objectLabel', 'phishing').filters],
          filterGroups: [],
        },
      ],
    }
    expect(await names(opencti, INDICATORS, both)).toEqual(['a', 'c'])
  })

  it('refuses keys, hashes, clauses and shapes that OpenCTI refuses', async () => {
    const opencti = await fake({ maxClauses: 10 })
    const told = (filters: unknown) => graphql(opencti, INDICATORS, { filters })
    expect(codeIn(await told(eq('patern', 'x')))).toBe('UNSUPPORTED_ERROR')
    const hash = await told(eq('hashes.SHA256', 'x'))
    expect(codeIn(hash)).toBe('FUNCTIONAL_ERROR')
    expect(hash.errors?.[0]?.message).toContain('missing mapping for attribute [SHA256]')
    expect(codeIn(await told(eq('name', ...Array.from({ length: 11 }, String))))).toBe('COMPLEX_SEARCH_ERROR')
    expect(codeIn(await told(eq('ids', ...Array.from({ length: 4 }, String))))).toBe('COMPLEX_SEARCH_ERROR')
    expect(codeIn(await told({ mode: 'and', filters: [] }))).toBe('BAD_USER_INPUT')
    expect(codeIn(await told({ ...eq('name', 'x'), mode: 'xor' }))).toBe('BAD_USER_INPUT')
  })

  it('normalises patterns on entry and makes the same id of the same pattern', async () => {
    const opencti = await fake()
    const added = opencti.addIndicator({ pattern: "[ ipv4-addr:value='203.0.113.66' ]" })
    expect(added.standard_id).toBe('indicator--8752eb5f-8b58-519e-8f40-108705ece2be')
    expect(opencti.addIndicator({ pattern: "[ipv4-addr:value = '203.0.113.66']" })).toEqual(added)
    expect(
      await names(opencti, INDICATORS, eq('pattern', "[ipv4-addr:value = '203.0.113.66']")),
    ).toHaveLength(1)
  })
})

describe('the pages of the fake OpenCTI', () => {
  it('go by standard id, end with an empty page, and start again after an empty cursor', async () => {
    const opencti = await fake()
    opencti.seedIndicators(40)
    for (let n = 0; n < 10; n += 1)
      opencti.addIndicator({ pattern: `[domain-name:value = 'own-${n}.example']` })
    const pages: Page[] = []
    while (pages.at(-1)?.pageInfo.endCursor !== '') {
      const after: string | undefined = pages.at(-1)?.pageInfo.endCursor
      pages.push(await find(opencti, INDICATORS, { first: 25, after }))
    }
    expect(pages.map(({ edges, pageInfo: { hasNextPage } }) => [edges.length, hasNextPage])).toEqual([
      [25, true],
      [25, true],
      [0, false],
    ])
    expect(pages.map(({ pageInfo }) => pageInfo.globalCount)).toEqual([50, 50, 50])
    const seen = pages.flatMap(({ edges }) => edges.map(({ node }) => node.id))
    expect(new Set(seen).size).toBe(50)
    const again = await find(opencti, INDICATORS, { first: 25, after: '' })
    expect(again.edges.map(({ node }) => node.id)).toEqual(seen.slice(0, 25))
  })

  it('have 500 objects when nothing else is said, and lie above 5000', async () => {
    const opencti = await fake()
    opencti.seedIndicators(5500)
    expect((await find(opencti, INDICATORS, {})).edges).toHaveLength(500)
    const lie = await find(opencti, INDICATORS, { first: 5001 })
    expect(lie.edges).toHaveLength(5000)
    expect(lie.pageInfo).toMatchObject({ hasNextPage: false, globalCount: 5500 })
  })

  it('can be ordered', async () => {
    const opencti = await fake()
    for (const [name, score] of [
      ['a', 30],
      ['b', 10],
      ['c', 20],
    ] as const) {
      opencti.addIndicator({
        name,
        pattern: `[domain-name:value = '${name}.example']`,
        x_opencti_score: score,
      })
    }
    const first = await find(opencti, INDICATORS, { first: 2, orderBy: 'x_opencti_score', orderMode: 'desc' })
    expect(first.edges.map(({ node }) => node.name)).toEqual(['a', 'c'])
    const after = first.pageInfo.endCursor
    const rest = await find(opencti, INDICATORS, {
      first: 2,
      after,
      orderBy: 'x_opencti_score',
      orderMode: 'desc',
    })
    expect(rest.edges.map(({ node }) => node.name)).toEqual(['b'])
  })

  it('find each seeded indicator by pattern, name and id, until it is deleted', async () => {
    const opencti = await fake()
    opencti.seedIndicators(30, { seed: 7 })
    for (let n = 0; n < 30; n += 1) {
      const byPattern = await find(opencti, INDICATORS, { filters: eq('pattern', seedPattern(7, n)) })
      expect(byPattern.edges).toHaveLength(1)
      expect(await names(opencti, INDICATORS, eq('name', seedValue(7, n).toUpperCase()))).toEqual([
        seedValue(7, n),
      ])
    }
    expect(await names(opencti, INDICATORS, eq('name', seedValue(7, 30)))).toEqual([])
    const { edges } = await find(opencti, INDICATORS, { filters: eq('name', seedValue(7, 4)) })
    opencti.deleteIndicator(edges[0]?.node.id ?? '')
    expect(await names(opencti, INDICATORS, eq('name', seedValue(7, 4)))).toEqual([])
    expect((await find(opencti, INDICATORS, {})).pageInfo.globalCount).toBe(29)
  })
})

function fields(count: number): string {
  const each = Array.from({ length: count }, (_, n) => `a${n}: indicators { edges { node { id } } }`)
  return `{ ${each.join(' ')} }`
}

describe('how the fake OpenCTI takes requests', () => {
  it('allows a root field twice in a query', async () => {
    const opencti = await fake()
    expect(codeIn(await graphql(opencti, fields(2)))).toBeUndefined()
    const told = await graphql(opencti, fields(3))
    expect(told.errors?.[0]?.message).toBe(
      'Allowed number of calls for Query->indicators has been exceeded (max: 2)',
    )
    expect(codeIn(await graphql(await fake({ version: '6.0.10' }), fields(3)))).toBeUndefined()
  })

  it('refuses introspection, batches, and what came later than its release', async () => {
    const opencti = await fake({ version: '6.6.18' })
    expect(codeIn(await graphql(opencti, '{ __schema { types { name } } }'))).toBe('FORBIDDEN_ACCESS')
    const batch = await ask(opencti, '/graphql', [{ query: '{ about { version } }' }])
    expect(batch).toMatchObject({ status: 400 })
    expect(batch.text).toContain('Operation batching disabled.')
    const later = 'mutation M($i: SecurityPlatformAddInput!) { securityPlatformAdd(input: $i) { id } }'
    expect(codeIn(await graphql(opencti, later, { i: { name: 'x' } }))).toBe('GRAPHQL_VALIDATION_FAILED')
    expect(codeIn(await graphql(opencti, '{ about {'))).toBe('GRAPHQL_PARSE_FAILED')
  })

  it('writes errors as its release does', async () => {
    const opencti = await fake({ version: '6.2.12' })
    const { errors } = await graphql(opencti, INDICATORS, { filters: eq('patern', 'x') })
    expect(errors?.[0]).toMatchObject({
      name: 'UNSUPPORTED_ERROR',
      data: { http_status: 500, keys: ['patern'] },
    })
    expect(errors?.[0]).not.toHaveProperty('extensions')
  })

  it('answers GET with the web interface, but from 7.260722 not at /graphql', async () => {
    const opencti = await fake({ basePath: '/cti', version: '7.260817.0' })
    const page = await ask(opencti, '/anything')
    expect(page.status).toBe(200)
    expect(page.headers['content-type']).toContain('text/html')
    expect((await ask(opencti, '/graphql')).status).toBe(405)
  })
})
