import { expect, it } from 'vitest'
import { createRoom } from './room.ts'

const never = new AbortController().signal

/** Whether it has come in: everything that is due is done by then. */
async function hasEntered(entering: Promise<unknown>): Promise<boolean> {
  let entered = false
  void entering.then(() => (entered = true))
  await new Promise((resolve) => setImmediate(resolve))
  return entered
}

it('lets in while there is room, then one by one in the order they came', async () => {
  const room = createRoom(100)
  const first = await room.take(60, never)
  const second = room.take(60, never)
  // It would fit, and has to wait all the same: else a large one could wait for ever.
  const third = room.take(10, never)
  expect(await hasEntered(second)).toBe(false)
  expect(await hasEntered(third)).toBe(false)
  first?.()
  first?.()
  expect(await hasEntered(second)).toBe(true)
  expect(await hasEntered(third)).toBe(true)
  expect(await hasEntered(room.take(40, never))).toBe(false)
})

it('takes more than there is at all for all of it', async () => {
  const room = createRoom(100)
  const leave = await room.take(1000, never)
  expect(await hasEntered(room.take(1, never))).toBe(false)
  leave?.()
})

it('lets those behind in when one that waits has gone', async () => {
  const room = createRoom(100)
  await room.take(60, never)
  const gone = new AbortController()
  const large = room.take(60, gone.signal)
  const small = room.take(40, never)
  gone.abort()
  expect(await large).toBeUndefined()
  expect(await hasEntered(small)).toBe(true)
  expect(await room.take(1, AbortSignal.abort())).toBeUndefined()
})
