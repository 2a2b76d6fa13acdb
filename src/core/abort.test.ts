import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { settled } from '../../test/support/lookup.ts'
import { onAbort } from './abort.ts'

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
