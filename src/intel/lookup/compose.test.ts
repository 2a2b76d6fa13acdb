import { expect, it } from 'vitest'
import type { LookupLayer } from '../../core/ports.ts'
import { NO_ABORT } from '../../../test/support/lookup.ts'
import { compose } from './compose.ts'

const ask = () => Promise.resolve(new Map())

it('puts the first layer outermost', async () => {
  const order: string[] = []
  const named =
    (name: string): LookupLayer =>
    (next) =>
    async (observables, signal) => {
      order.push(`${name} in`)
      const answers = await next(observables, signal)
      order.push(`${name} out`)
      return answers
    }
  const lookup = compose(ask, named('a'), named('b'))
  await lookup([], NO_ABORT)
  expect(order).toEqual(['a in', 'b in', 'b out', 'a out'])
})

it('is the look-up itself without layers', async () => {
  expect(compose(ask)).toBe(ask)
})
