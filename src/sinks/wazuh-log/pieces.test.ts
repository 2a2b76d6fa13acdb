import { expect, it } from 'vitest'
import { createPieces } from './pieces.ts'

function* lines(made: string[]): Generator<{ readonly text: string }> {
  for (const text of ['a', 'b', 'c', 'd', 'e']) {
    made.push(text)
    yield { text }
  }
}

it('gives a piece until it was written, and makes no line before its turn', () => {
  const made: string[] = []
  const pieces = createPieces(lines(made), 2)
  expect([pieces.next(), pieces.next()]).toEqual([
    ['a', 'b'],
    ['a', 'b'],
  ])
  expect([made.join(''), pieces.done]).toEqual(['ab', 0])
  pieces.wrote()
  expect(pieces.next()).toEqual(['c', 'd'])
  pieces.wrote()
  expect(pieces.next()).toEqual(['e'])
  pieces.wrote()
  expect([pieces.next(), pieces.done]).toEqual([[], 5])
})
