import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { settled } from '../../test/support/lookup.ts'
import { hangingOn } from '../../test/support/signals.ts'
import { onAbort, withEither } from './abort.ts'

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

describe('withEither', () => {
  it('leaves nothing on a signal that lives long, whatever became of the work', async () => {
    const [long, other] = [new AbortController().signal, new AbortController().signal]
    for (let use = 0; use < 1000; use++)
      await withEither(long, other, async () => {
        if (use % 2 === 0) throw new Error('no')
      }).catch(() => undefined)
    expect([hangingOn(long), hangingOn(other)]).toEqual([0, 0])
  })

  it('gives a signal that aborts with the first of the two, and with its reason', async () => {
    for (const which of [0, 1]) {
      const both = [new AbortController(), new AbortController()] as const
      await withEither(both[0].signal, both[1].signal, async (either) => {
        expect(either.aborted).toBe(false)
        both[which]?.abort('reason')
        expect([either.aborted, either.reason]).toEqual([true, 'reason'])
      })
      await withEither(both[0].signal, both[1].signal, async ({ aborted, reason }) => {
        expect([aborted, reason]).toEqual([true, 'reason'])
      })
    }
  })
})
