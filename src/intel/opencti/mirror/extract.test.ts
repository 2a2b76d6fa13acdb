import { expect, it } from 'vitest'
import { indicatorNode } from '../client/schema.ts'
import { extractOf, parseExtract } from './extract.ts'
import { rowOf } from './rows.ts'

const author = { id: 'i1', standard_id: 'identity--1', name: 'CERT Example', entity_type: 'Organization' }

function indicatorsOf(id: string, createdBy?: object) {
  const node = indicatorNode.parse({
    id,
    standard_id: `indicator--${id}`,
    pattern: `[ipv4-addr:value = '198.51.100.1' OR ipv4-addr:value = '198.51.100.2']`,
    ...(createdBy === undefined ? {} : { createdBy }),
  })
  return rowOf(node, { provider: 'opencti', webUrl: 'https://cti.example.org' }).indicators
}

it('names objects and authors once each, also after a way through JSON', () => {
  const extract = extractOf([
    ...indicatorsOf('a', author),
    ...indicatorsOf('b', author),
    ...indicatorsOf('c'),
  ])
  expect(extract).toMatchObject({
    owners: ['a', 'b', 'c'],
    authors: [{ standard_id: 'identity--1', name: 'CERT Example' }],
  })
  expect(parseExtract(JSON.parse(JSON.stringify(extract)))).toEqual(extract)
})

it('refuses what is none', () => {
  for (const damaged of [undefined, null, [], { owners: [1], authors: [] }, { owners: ['a'] }])
    expect(() => parseExtract(damaged)).toThrow('A part of the copy does not say what it holds')
})
