import { describe, expect, it } from 'vitest'
import { untilAborted } from './wait.ts'

describe('untilAborted', () => {
  it('gives what the work gives', async () => {
    const { signal } = new AbortController()
    expect(await untilAborted(Promise.resolve(7), signal)).toBe(7)
    await expect(untilAborted(Promise.reject(new Error('no')), signal)).rejects.toThrow('no')
  })

  it('gives the reason of the abort, also of one before', async () => {
    const controller = new AbortController()
    const endless = new Promise(() => undefined)
    const waiting = untilAborted(endless, controller.signal)
    controller.abort(new Error('enough'))
    await expect(waiting).rejects.toThrow('enough')
    await expect(untilAborted(endless, AbortSignal.abort('a text'))).rejects.toMatchObject({
      name: 'AbortError',
    })
  })
})
