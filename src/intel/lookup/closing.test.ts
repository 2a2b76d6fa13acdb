import { expect, it } from 'vitest'
import { domain, heldAsk, MISS, NO_ABORT, settled } from '../../../test/support/lookup.ts'
import { hangingOn } from '../../../test/support/signals.ts'
import { closable } from './closing.ts'

it('passes on what is asked and answered', async () => {
  const { ask, asked } = heldAsk()
  const { lookup } = closable(ask)
  const answer = lookup([domain('evil.com')], NO_ABORT)
  asked[0]?.answer()
  expect((await answer).get('domain:evil.com')).toEqual(MISS)
})

it('passes on the abort of a caller, to the others nothing', async () => {
  const { ask, asked } = heldAsk()
  const { lookup } = closable(ask)
  const caller = new AbortController()
  void lookup([domain('a.com')], caller.signal)
  void lookup([domain('b.com')], NO_ABORT)
  caller.abort()
  expect(asked.map(({ signal }) => signal.aborted)).toEqual([true, false])
})

it('ends what is being asked at close, waits for it, and then asks nothing', async () => {
  const { ask, asked } = heldAsk()
  const open = closable(ask)
  const answer = open.lookup([domain('evil.com')], NO_ABORT)
  const order: string[] = []
  const closed = open.close().then(() => order.push('closed'))
  expect(asked[0]?.signal.aborted).toBe(true)
  await settled()
  order.push('answered')
  asked[0]?.answer()
  await Promise.all([answer, closed])
  expect(order).toEqual(['answered', 'closed'])
  const late = await open.lookup([domain('evil.com')], NO_ABORT)
  expect(late.get('domain:evil.com')).toMatchObject({ kind: 'unanswered' })
  expect(asked).toHaveLength(1)
})

it('leaves nothing on the signals of callers, nor loses one of two that share a signal', async () => {
  const { ask, asked } = heldAsk()
  const { lookup } = closable(ask)
  const caller = new AbortController()
  for (let use = 0; use < 1000; use++) {
    const answer = lookup([domain('a.com')], caller.signal)
    asked.at(-1)?.answer()
    await answer
  }
  expect(hangingOn(caller.signal)).toBe(0)
  const first = lookup([domain('a.com')], caller.signal)
  void lookup([domain('b.com')], caller.signal)
  asked.at(-2)?.answer()
  await first
  caller.abort()
  expect(asked.at(-1)?.signal.aborted).toBe(true)
})
