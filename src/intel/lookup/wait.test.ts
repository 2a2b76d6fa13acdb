import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { settled } from '../../../test/support/lookup.ts'
import { onAbort, untilAborted } from './wait.ts'

describe('onAbort', () => {
  const warnings: Error[] = []
  const keep = (warning: Error): void => void warnings.push(warning)
  beforeEach(() => {
    warnings.length = 0
    process.on('warning', keep)
  })
  afterEach(() => {
    process.off('warning', keep)
  })

  it('takes many listeners to one signal without a warning', async () => {
    const { signal } = new AbortController()
    for (let i = 0; i < 50; i++) onAbort(signal, () => undefined)
    await settled()
    expect(warnings).toEqual([])
  })

  it('calls a listener once, unless it was taken back', () => {
    const controller = new AbortController()
    const called: string[] = []
    onAbort(controller.signal, () => called.push('stays'))
    onAbort(controller.signal, () => called.push('taken back'))()
    controller.abort()
    expect(called).toEqual(['stays'])
  })
})

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
