import { expect, it } from 'vitest'
import { isReadable, packingOf } from './content.ts'

it.each([
  undefined,
  '',
  'application/json',
  'Application/JSON; charset=UTF-8',
  'application/json;charset="utf-8"',
  'application/x-ndjson',
  'text/plain; charset=us-ascii',
  'application/json; profile=x',
])('may hold alerts: %s', (type) => {
  expect(isReadable(type)).toBe(true)
})

it.each([
  'application/x-www-form-urlencoded',
  'multipart/form-data; boundary=x',
  'text/html',
  'application/json; charset=utf-16',
  'text/plain; charset=ISO-8859-1',
])('cannot: %s', (type) => {
  expect(isReadable(type)).toBe(false)
})

it.each([
  [undefined, 'none'],
  ['', 'none'],
  ['identity', 'none'],
  ['gzip', 'gzip'],
  ['GZIP', 'gzip'],
  ['x-gzip', 'gzip'],
  ['deflate', undefined],
  ['br', undefined],
  ['zstd', undefined],
  ['gzip, gzip', undefined],
])('Content-Encoding %s is %s', (coding, packing) => {
  expect(packingOf(coding)).toBe(packing)
})
