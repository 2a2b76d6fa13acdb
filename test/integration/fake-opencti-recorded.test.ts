import { afterEach, describe, expect, it } from 'vitest'
import { ask, graphql } from '../support/fake-opencti/ask.ts'
import type { FakeOpenCti, FakeOpenCtiOptions } from '../support/fake-opencti/fake-opencti.ts'
import { startFakeOpenCti } from '../support/fake-opencti/fake-opencti.ts'
import { hear } from '../support/fake-opencti/listen.ts'
import { recorded, recordedJson, recordingPresent } from '../support/fake-opencti/recorded.ts'
import { standardId } from '../support/fake-opencti/store/ids.ts'
import type { UserName } from '../support/fake-opencti/users.ts'

const open: FakeOpenCti[] = []

afterEach(async () => {
  for (const opencti of open.splice(0)) await opencti.close()
})

async function fake(options: FakeOpenCtiOptions = {}): Promise<FakeOpenCti> {
  const opencti = await startFakeOpenCti({ heartbeatMs: null, ...options })
  open.push(opencti)
  return opencti
}

const PATTERN = "[ipv4-addr:value = '203.0.113.66']"

/** The indicator, the address and the file of the examples. */
function loadExamples(opencti: FakeOpenCti): void {
  const author = '0a1b2c3d-0000-4000-8000-000000000001'
  opencti.addIdentity({ name: 'Recorded Future', id: author })
  const shared = {
    createdBy: 'Recorded Future',
    objectMarking: [{ definition: 'TLP:GREEN', id: '0a1b2c3d-0000-4000-8000-000000000002' }],
    objectLabel: [{ value: 'c2', color: '#be70e8', id: '0a1b2c3d-0000-4000-8000-000000000003' }],
    created: '2025-08-01T10:00:00.000Z',
    updated_at: '2025-08-12T09:30:00.000Z',
  }
  const { id: indicator } = opencti.addIndicator({
    ...shared,
    id: '0a1b2c3d-0000-4000-8000-000000000010',
    created_at: '2025-08-01T10:00:01.000Z',
    name: '203.0.113.66',
    description: 'Simple indicator of observable {203.0.113.66}',
    pattern: PATTERN,
    indicator_types: ['malicious-activity'],
    valid_from: '2025-08-01T10:00:00.000Z',
    confidence: 75,
    x_opencti_score: 80,
    x_opencti_detection: true,
    killChainPhases: [
      { kill_chain_name: 'mitre-attack', phase_name: 'command-and-control', x_opencti_order: 11 },
    ],
  })
  opencti.addObservable({
    ...shared,
    id: '5f1c6a6e-5b1d-4a54-9d0b-0a6f3f0a1c01',
    created_at: '2025-08-01T10:00:00.000Z',
    entity_type: 'IPv4-Addr',
    value: '203.0.113.66',
    x_opencti_score: 85,
    x_opencti_description: 'C2 server seen in campaign X',
    externalReferences: [{ source_name: 'vendor-report', url: 'https://reports.example/1' }],
    indicators: [indicator],
  })
  opencti.addObservable({
    id: '5f1c6a6e-5b1d-4a54-9d0b-0a6f3f0a1c02',
    created_at: '2025-07-01T10:00:00.000Z',
    entity_type: 'StixFile',
    name: 'a.bin',
    hashes: [
      { algorithm: 'MD5', hash: '098f6bcd4621d373cade4e832627b4f6' },
      { algorithm: 'SHA-256', hash: '9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08' },
    ],
    x_opencti_score: 60,
    attributes: {
      size: 4,
      mime_type: 'application/octet-stream',
      x_opencti_additional_names: ['dropper.bin'],
    },
  })
}

interface Lists {
  readonly data: Record<
    string,
    { pageInfo: Record<string, unknown>; edges: { node: Record<string, unknown> }[] }
  >
}

/** Cursors are opaque, and pages have an order of their own. */
function comparable({ data }: Lists): unknown {
  return Object.entries(data).map(([name, { pageInfo, edges }]) => [
    name,
    { ...pageInfo, endCursor: '' },
    edges.map(({ node }) => node).toSorted((a, b) => (String(a['id']) < String(b['id']) ? -1 : 1)),
  ])
}

/** Names and kinds of a value, deep; lists by their first element, and `null` like anything. */
function shapeOf(value: unknown): unknown {
  if (Array.isArray(value)) return value.slice(0, 1).map(shapeOf)
  if (typeof value !== 'object' || value === null) return typeof value
  const members = Object.entries(value).filter(([name]) => !FREE.has(name))
  return Object.fromEntries(
    members.toSorted(([a], [b]) => (a < b ? -1 : 1)).map(([name, part]) => [name, shapeOf(part)]),
  )
}

/** Which document it was decides about these. */
const FREE = new Set([
  'locations',
  'path',
  'participantIds',
  'keys',
  'user_id',
  'message',
  'time_thrown',
  'data',
])

it('has the examples of OpenCTI beside the checkout', (context) => {
  context.skip(
    !recordingPresent,
    'the folder shared/data/opencti is absent: the fake is not compared with it',
  )
  expect(recordingPresent).toBe(true)
})

describe.skipIf(!recordingPresent)('the fake OpenCTI against the examples', () => {
  it.each(['03-lookup-observables', '04-lookup-indicators'])('%s', async (name) => {
    const opencti = await fake()
    loadExamples(opencti)
    const variables = recordedJson(`examples/${name}.variables.json`) as Record<string, unknown>
    const told = await graphql(opencti, recorded(`queries/${name}.graphql`), variables)
    expect(told.errors).toBeUndefined()
    expect(comparable(told as Lists)).toEqual(
      comparable(recordedJson(`examples/${name}.response.json`) as Lists),
    )
  })

  it('11-sighting-add', async () => {
    const opencti = await fake()
    opencti.addIdentity('Recorded Future')
    const wanted = recordedJson('examples/11-sighting-add.variables.json') as {
      input: Record<string, string>
    }
    const { id } = opencti.addIndicator({ pattern: PATTERN, x_opencti_stix_ids: [] })
    const input = { ...wanted.input, fromId: id }
    const told = await graphql<{ stixSightingRelationshipAdd: object }>(
      opencti,
      recorded('queries/11-sighting-add.graphql'),
      { input },
    )
    const { data } = recordedJson('examples/11-sighting-add.response.json') as {
      data: { stixSightingRelationshipAdd: { standard_id: string } }
    }
    const identity = {
      type: 'sighting',
      sighting_of_ref: wanted.input['fromId'],
      where_sighted_refs: [wanted.input['toId']],
      first_seen: wanted.input['first_seen'],
      last_seen: wanted.input['last_seen'],
    }
    expect(standardId('sighting', identity)).toBe(data.stixSightingRelationshipAdd.standard_id)
    const free = {
      id: expect.any(String) as unknown,
      standard_id: expect.stringMatching(/^sighting--/) as unknown,
    }
    expect(told).toEqual({
      data: { stixSightingRelationshipAdd: { ...data.stixSightingRelationshipAdd, ...free } },
    })
  })

  it.each<
    [
      name: string,
      body: unknown,
      how: { version?: string; user?: UserName; maxClauses?: number; authorization?: string },
    ]
  >([
    ['auth_required_200', { query: '{ about { version } }' }, { authorization: 'Bearer none' }],
    ['forbidden_200', { query: '{ indicators { edges { node { id } } } }' }, { user: 'noknowledge' }],
    ['bad_filter_key_200', lookUp('patern', 'x'), {}],
    ['bad_enum_variable_200', lookUp('name', 'x', 'xor'), {}],
    ['unknown_field_200', { query: '{ about { versionn } }' }, {}],
    [
      'alias_batch_200',
      {
        query: `{ ${['a', 'b', 'c'].map((name) => `${name}: indicators { edges { node { id } } }`).join(' ')} }`,
      },
      {},
    ],
    ['array_batching_400', [{ query: '{ about { version } }' }], {}],
    ['draft_locked_context_500', { query: '{ about { version } }' }, { user: 'drafting' }],
    ['too_many_clauses_200', lookUp('name', 'x'), { maxClauses: 0 }],
    [
      'legacy_le_6_2_12_auth_required_200',
      { query: '{ about { version } }' },
      { version: '6.2.12', authorization: 'Bearer none' },
    ],
  ])('%s', async (name, body, { version, user, maxClauses, authorization }) => {
    const opencti = await fake({
      ...(version && { version }),
      ...(maxClauses !== undefined && { maxClauses }),
    })
    const headers = authorization === undefined ? {} : { authorization }
    const { status, text } = await ask(opencti, '/graphql', body, { ...(user && { user }), headers })
    const samples = recordedJson('examples/errors.json') as Record<string, { errors: { message: string }[] }>
    const told = JSON.parse(text) as { errors: { message: string }[] }
    const expected = samples[name]
    expect(status).toBe(Number(/_(\d{3})$/.exec(name)?.[1]))
    expect(shapeOf(told)).toEqual(shapeOf(expected))
    expect(codes(told)).toEqual(codes(expected))
    expect('data' in told).toBe(expected !== undefined && 'data' in expected)
  })

  it('writes events as the transcript has them', async () => {
    const opencti = await fake()
    const stream = opencti.addStreamCollection()
    const heard = await hear(opencti, stream)
    await opencti.streams.opened(1)
    loadExamples(opencti)
    opencti.updateIndicator('0a1b2c3d-0000-4000-8000-000000000010', { x_opencti_score: 20 })
    opencti.deleteIndicator('0a1b2c3d-0000-4000-8000-000000000010')
    const kinds = new Map<string, unknown>()
    const ours = (await heard.first(12)).map(({ event, data }) => ({ event, data }))
    heard.close()
    for (const { event, data } of ours)
      if (!kinds.has(nameOf(event, data))) kinds.set(nameOf(event, data), data)
    const theirs = transcript(recorded('examples/sse-6.7.11.txt'))
    const compared = [
      'connected',
      'create marking-definition',
      'create identity',
      'create create indicator',
      'update update indicator',
      'delete delete indicator',
    ]
    const sampled = (name: string): unknown =>
      theirs.find(({ event, data }) => nameOf(event, data) === name)?.data
    expect(compared.map((name) => [name, membersOf(kinds.get(name))])).toEqual(
      compared.map((name) => [name, membersOf(sampled(name))]),
    )
    const [made, sample] = [
      documentOf(kinds.get('create create indicator')),
      documentOf(sampled('create create indicator')),
    ]
    expect(Object.keys(sample).filter((name) => !(name in made))).toEqual([])
    expect(Object.keys(sample['extensions'] as object)).toEqual(Object.keys(made['extensions'] as object))
    for (const [name, extension] of Object.entries(sample['extensions'] as Record<string, object>)) {
      const own = (made['extensions'] as Record<string, object>)[name] ?? {}
      expect(Object.keys(own).toSorted()).toEqual(Object.keys(extension).toSorted())
    }
  })
})

function membersOf(data: unknown): readonly string[] {
  return typeof data === 'object' && data !== null ? Object.keys(data).toSorted() : []
}

function lookUp(key: string, value: string, mode = 'and'): unknown {
  const query = 'query Q($f: FilterGroup) { indicators(filters: $f) { edges { node { id } } } }'
  return { query, variables: { f: { mode, filters: [{ key: [key], values: [value] }], filterGroups: [] } } }
}

function codes(answer: { errors: readonly object[] } | undefined): readonly unknown[] {
  const named = (answer?.errors ?? []) as readonly { name: string; extensions?: { code: string } }[]
  return named.map(({ name, extensions }) => [name, extensions?.code])
}

function documentOf(data: unknown): Record<string, unknown> {
  return (data as { data?: Record<string, unknown> } | undefined)?.data ?? {}
}

/** The event, what its envelope says it is, and the type of the object. */
function nameOf(event: string, data: unknown): string {
  const kind = (data as { type?: string } | undefined)?.type
  const { type } = documentOf(data)
  return [event, kind, type].filter((each) => typeof each === 'string').join(' ')
}

interface Written {
  readonly event: string
  readonly data: unknown
}

function transcript(text: string): readonly Written[] {
  return text.split('\n\n').flatMap((block): readonly Written[] => {
    const event = /^event: (.*)$/m.exec(block)?.[1]
    const data = /^data: (.*)$/m.exec(block)?.[1]
    return event === undefined || data === undefined ? [] : [{ event, data: JSON.parse(data) as unknown }]
  })
}
