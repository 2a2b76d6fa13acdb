import * as fc from 'fast-check'
import { expect, it } from 'vitest'
import { nested } from './nested.ts'

it.each<[string, Record<string, unknown>, Record<string, unknown>]>([
  ['a dotted key', { 'source.ip': '1' }, { source: { ip: '1' } }],
  ['several of one object', { 'a.b': 1, 'a.c.d': 2 }, { a: { b: 1, c: { d: 2 } } }],
  [
    'a dotted key before and behind its object',
    { 'a.b': 1, a: { c: 2 }, 'a.d': 3 },
    { a: { b: 1, c: 2, d: 3 } },
  ],
  ['dotted keys further down', { dns: { 'question.name': 'x' } }, { dns: { question: { name: 'x' } } }],
  ['lists as they are', { 'a.b': [{ 'c.d': 1 }] }, { a: { b: [{ 'c.d': 1 }] } }],
])('nests %s', (_, document, expected) => expect(nested(document)).toEqual(expected))

it.each<[string, Record<string, unknown>]>([
  ['a value in the way', { source: 'text', 'source.ip': '1' }],
  ['a value that is there already', { source: { ip: '1' }, 'source.ip': '2' }],
  ['an object that is there already', { a: { b: { c: 1 } }, 'a.b': { c: 2 } }],
  ['too many dots', { ['a.'.repeat(100)]: 1 }],
])('leaves the key as it is: %s', (_, document) => expect(nested(document)).toEqual(document))

it('makes no more objects of dots than any document needs', () => {
  // Each such key of some 70 bytes would be 31 objects: gigabytes for a line of 8 MiB.
  const keys = Array.from({ length: 1000 }, (_, at) => `${at}${'.a'.repeat(30)}`)
  const result = nested(Object.fromEntries(keys.map((key) => [key, 1])))
  const left = Object.keys(result).filter((key) => key.includes('.'))
  expect(left).toEqual(keys.slice(-left.length))
  expect(left.length).toBeGreaterThan(600)
})

it('gives back what has no dotted key', () => {
  const document = { source: { ip: '1' } }
  expect(nested(document)).toBe(document)
})

it('takes names of the prototype for names', () => {
  const document = JSON.parse('{"__proto__.a":1,"b":{"__proto__":{"c":2}},"constructor.d":3}') as Record<
    string,
    unknown
  >
  const result = nested(document)
  expect(JSON.parse(JSON.stringify(result))).toEqual(
    JSON.parse('{"b":{"__proto__":{"c":2}},"__proto__":{"a":1},"constructor":{"d":3}}'),
  )
  expect(Object.getPrototypeOf(result)).toBe(Object.prototype)
})

/** Every value by its path, list marks and all. */
function leaves(value: unknown, path?: string): string[] {
  if (typeof value !== 'object' || value === null || Array.isArray(value))
    return [`${path}=${JSON.stringify(value)}`]
  return Object.entries(value).flatMap(([key, inner]: [string, unknown]) =>
    leaves(inner, path === undefined ? key : `${path}.${key}`),
  )
}

it('loses no value and moves none, whatever the keys', () => {
  const key = fc.constantFrom('a', 'b', 'a.b', 'b.a', 'a.a.a', '.', 'a.', '__proto__', '__proto__.a')
  const { document } = fc.letrec((tie) => ({
    document: fc.dictionary(key, fc.oneof({ depthSize: 'small' }, fc.integer(), tie('document')), {
      maxKeys: 5,
    }),
  }))
  fc.assert(
    fc.property(document, (value) => {
      const body = JSON.parse(JSON.stringify(value)) as Record<string, unknown>
      expect(leaves(nested(body)).toSorted()).toEqual(leaves(body).toSorted())
    }),
  )
})
