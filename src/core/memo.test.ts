import { expect, it } from 'vitest'
import { memoize } from './memo.ts'

it('computes once while it remembers, undefined answers too, and stays bounded', () => {
  const asked: string[] = []
  const half = memoize((text) => {
    asked.push(text)
    return text === '' ? undefined : text.slice(0, text.length / 2)
  }, 2)
  expect([half('abcd'), half('abcd'), half(''), half('')]).toEqual(['ab', 'ab', undefined, undefined])
  expect(asked).toEqual(['abcd', ''])
  for (const text of ['1', '2', '3', '4', '5']) half(text)
  half('abcd')
  expect(asked.filter((text) => text === 'abcd')).toHaveLength(2)
})

it('keeps what is asked again and again', () => {
  let computed = 0
  const memo = memoize((text) => {
    if (text === 'hot') computed += 1
    return text
  }, 4)
  for (let index = 0; index < 1000; index++) {
    memo('hot')
    memo(`cold ${index}`)
  }
  expect(computed).toBe(1)
})
