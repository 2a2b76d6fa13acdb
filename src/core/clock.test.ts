import { expect, it, onTestFinished } from 'vitest'
import { createBell } from './bell.ts'
import { systemClock } from './clock.ts'

it('lets many wait on one signal without a warning of Node', async () => {
  const warnings: string[] = []
  const listener = ({ name }: Error): unknown => warnings.push(name)
  process.on('warning', listener)
  onTestFinished(() => void process.off('warning', listener))
  const [sleeping, listening] = [new AbortController(), new AbortController()]
  const bell = createBell()
  const waits = Array.from({ length: 12 }, () => [
    systemClock.sleep(60_000, sleeping.signal),
    bell.rung(listening.signal),
  ])
  // Warnings are told in the next turn of the event loop.
  await new Promise((resolve) => setImmediate(resolve))
  sleeping.abort()
  listening.abort()
  await Promise.all(waits.flat())
  expect(warnings).toEqual([])
})
