import { expect, it } from 'vitest'
import { createSlots } from './slots.ts'

const never = new AbortController().signal

it('lets so many in and the others after them, in order', async () => {
  const slots = createSlots(2)
  const inside: string[] = []
  const enter = (name: string) => slots.take(never).then((leave) => (inside.push(name), leave))
  const [leaveA] = await Promise.all([enter('a'), enter('b')])
  const c = enter('c')
  const d = enter('d')
  await Promise.resolve()
  expect(inside).toEqual(['a', 'b'])
  leaveA()
  leaveA()
  const leaveC = await c
  await Promise.resolve()
  expect(inside).toEqual(['a', 'b', 'c'])
  leaveC()
  await d
  expect(inside).toEqual(['a', 'b', 'c', 'd'])
})

it('leaves out those who gave up', async () => {
  const slots = createSlots(1)
  const leave = await slots.take(never)
  const patience = new AbortController()
  const impatient = slots.take(patience.signal)
  const patient = slots.take(never)
  patience.abort(new Error('no time'))
  await expect(impatient).rejects.toThrow('no time')
  await expect(slots.take(patience.signal)).rejects.toThrow('no time')
  leave()
  await expect(patient).resolves.toBeTypeOf('function')
})
