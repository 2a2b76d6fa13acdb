import { afterEach, describe, expect, it } from 'vitest'
import { codeIn, graphql } from '../support/fake-opencti/ask.ts'
import type { FakeOpenCti, FakeOpenCtiOptions } from '../support/fake-opencti/fake-opencti.ts'
import { startFakeOpenCti } from '../support/fake-opencti/fake-opencti.ts'
import type { UserName } from '../support/fake-opencti/users.ts'

const open: FakeOpenCti[] = []

afterEach(async () => {
  for (const opencti of open.splice(0)) await opencti.close()
})

interface Platform {
  readonly opencti: FakeOpenCti
  readonly fromId: string
  readonly toId: string
}

async function platform(options: FakeOpenCtiOptions = {}): Promise<Platform> {
  const opencti = await startFakeOpenCti(options)
  open.push(opencti)
  const { id } = opencti.addIndicator({ pattern: "[ipv4-addr:value = '203.0.113.66']" })
  return { opencti, fromId: id, toId: opencti.addIdentity('Wazuh').standard_id }
}

const ADD = `mutation Add($input: StixSightingRelationshipAddInput!) {
  stixSightingRelationshipAdd(input: $input) { id standard_id first_seen last_seen attribute_count confidence }
}`
const EDIT = `mutation Edit($id: ID!, $input: [EditInput]!) {
  stixSightingRelationshipEdit(id: $id) { fieldPatch(input: $input) { id attribute_count last_seen } }
}`

/** Minutes after eight on 14 August 2025. */
function at(minutes: number): string {
  return new Date(Date.UTC(2025, 7, 14, 8, minutes)).toISOString()
}

interface Window {
  readonly first: string
  readonly last: string
  readonly count: number
  readonly confidence?: number
}

async function add(
  { opencti, fromId, toId }: Platform,
  { first, last, count, confidence }: Window,
  user?: UserName,
) {
  const input = { fromId, toId, first_seen: first, last_seen: last, attribute_count: count, confidence }
  return graphql<{ stixSightingRelationshipAdd: { id: string } }>(opencti, ADD, { input }, user && { user })
}

function counts({ opencti }: Platform): readonly number[] {
  return opencti.sightings.map((sighting) => sighting.attribute_count)
}

describe('a sighting in the fake OpenCTI', () => {
  it('grows when its window moves, is overwritten when it does not, and is another one a month later', async () => {
    const all = await platform()
    await add(all, { first: at(0), last: at(5), count: 3 })
    await add(all, { first: at(0), last: at(5), count: 3 })
    expect(counts(all)).toEqual([3])
    await add(all, { first: at(5), last: at(10), count: 2 })
    expect(counts(all)).toEqual([5])
    await add(all, { first: at(5), last: at(10), count: 2 })
    expect(counts(all)).toEqual([2])
    await add(all, { first: at(60 * 24 * 31), last: at(60 * 24 * 31), count: 1 })
    expect(counts(all)).toEqual([2, 1])
    expect(all.opencti.sightings[0]).toMatchObject({ first_seen: at(0), last_seen: at(10) })
  })

  it('is not changed by those with less confidence', async () => {
    const all = await platform()
    await add(all, { first: at(0), last: at(5), count: 3, confidence: 80 })
    await add(all, { first: at(0), last: at(9), count: 9, confidence: 70 })
    expect(counts(all)).toEqual([3])
  })

  it('takes absolute values, as texts too', async () => {
    const all = await platform()
    const { data } = await add(all, { first: at(0), last: at(5), count: 3 })
    const id = data?.stixSightingRelationshipAdd.id
    const input = [
      { key: 'attribute_count', value: ['17'] },
      { key: 'last_seen', value: [at(30)] },
    ]
    const told = await graphql(all.opencti, EDIT, { id, input })
    expect(told).toEqual({
      data: { stixSightingRelationshipEdit: { fieldPatch: { id, attribute_count: 17, last_seen: at(30) } } },
    })
    expect(codeIn(await graphql(all.opencti, EDIT, { id: 'none', input }))).toBe('FUNCTIONAL_ERROR')
  })

  it('needs both ends, dates in order, the right and a level', async () => {
    const all = await platform()
    const window = { first: at(0), last: at(5), count: 1 }
    expect(codeIn(await add({ ...all, fromId: 'indicator--none' }, window))).toBe('MISSING_REFERENCE_ERROR')
    expect(codeIn(await add(all, { ...window, first: at(6) }))).toBe('FUNCTIONAL_ERROR')
    expect(codeIn(await add(all, { ...window, first: 'yesterday' }))).toBe('BAD_USER_INPUT')
    expect(codeIn(await add(all, window, 'reader'))).toBe('FORBIDDEN_ACCESS')
    const unlevelled = await add(all, window, 'unlevelled')
    expect(unlevelled.errors?.[0]?.message).toContain('no effective max confidence level')
    expect(counts(all)).toEqual([])
    expect(codeIn(await add(await platform({ version: '5.12.33' }), window, 'unlevelled'))).toBeUndefined()
  })

  it('is allowed once in a document', async () => {
    const { opencti, fromId, toId } = await platform()
    const field = 'stixSightingRelationshipAdd(input: $input) { id }'
    const twice = `mutation M($input: StixSightingRelationshipAddInput!) { a: ${field} b: ${field} }`
    const told = await graphql(opencti, twice, { input: { fromId, toId, attribute_count: 1 } })
    expect(told.errors?.[0]?.message).toContain(
      'Mutation->stixSightingRelationshipAdd has been exceeded (max: 1)',
    )
    expect(opencti.sightings).toEqual([])
  })

  it('may be there although the reply was lost', async () => {
    const all = await platform()
    all.opencti.setFault('lost-reply', { times: 1, query: /stixSightingRelationshipAdd/ })
    await expect(add(all, { first: at(0), last: at(5), count: 3 })).rejects.toThrow('other side closed')
    expect(counts(all)).toEqual([3])
  })
})

describe('where something was sighted', () => {
  it.each([
    ['securityPlatformAdd', 'SecurityPlatformAddInput', { name: 'Wazuh', security_platform_type: 'SIEM' }],
    ['systemAdd', 'SystemAddInput', { name: 'Wazuh' }],
    ['organizationAdd', 'OrganizationAddInput', { name: 'Wazuh' }],
  ])('%s makes one of a name', async (field, type, input) => {
    const { opencti } = await platform()
    const query = `mutation M($input: ${type}!) { added: ${field}(input: $input) { id standard_id name } }`
    const first = await graphql<{ added: { id: string } }>(opencti, query, { input })
    const again = await graphql(opencti, query, { input: { ...input, name: ' wazuh ' } })
    expect(first.errors).toBeUndefined()
    expect(again).toEqual(first)
    expect(codeIn(await graphql(opencti, query, { input }, { user: 'lookups' }))).toBe('FORBIDDEN_ACCESS')
  })
})
