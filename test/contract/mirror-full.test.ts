import { describe, expect, it } from 'vitest'
import type { ChangeSet } from '../../src/core/ports.ts'
import type { BodyStore } from '../../src/intel/mirror/bodies.ts'
import { createMirror } from '../../src/intel/mirror/mirror.ts'
import { createMemoryBodies } from '../support/memory-bodies.ts'
import { recordedTelemetry } from '../support/telemetry.ts'
import { fill, indicator, kinds, noAbort } from './mirror.ts'
import { encodeBlock } from '../../src/intel/mirror/block-codec.ts'

/** Bodies on a disk that is full while `full` says so. */
function fillable(): { readonly bodies: BodyStore; readonly disk: { full: boolean } } {
  const inner = createMemoryBodies()
  const disk = { full: false }
  const unless = <Result>(work: () => Promise<Result>): Promise<Result> =>
    disk.full ? Promise.reject(new Error('No space left on device')) : work()
  const bodies: BodyStore = {
    ...inner,
    append: (block) => unless(() => inner.append(block)),
    free: (blocks) => unless(() => inner.free(blocks)),
  }
  return { bodies, disk }
}

describe('mirror on a full disk', () => {
  it('keeps the old unit, and ends the load before it has told that all was taken', async () => {
    const { bodies, disk } = fillable()
    const mirror = createMirror({ bodies, telemetry: recordedTelemetry(), providerIds: [] })
    await fill(mirror, [indicator('domain', 'old.example.com')])
    const told: string[] = []
    const change: ChangeSet = {
      kind: 'replace',
      unit: 'unit',
      load: async function* () {
        yield await Promise.resolve([indicator('domain', 'new.example.com')])
        told.push('all taken')
      },
    }
    disk.full = true
    await expect(mirror.apply('feeds', change, noAbort)).rejects.toThrow('No space')
    expect(told).toEqual([])
    expect(kinds(mirror, 'domain', 'old.example.com')).toEqual(['exact old.example.com'])
    disk.full = false
    await mirror.apply('feeds', change, noAbort)
    expect(told).toEqual(['all taken'])
    expect(kinds(mirror, 'domain', 'old.example.com')).toEqual([])
    expect(kinds(mirror, 'domain', 'new.example.com')).toEqual(['exact new.example.com'])
    await mirror.close()
  })

  it('frees what it could not free before, once', async () => {
    const telemetry = recordedTelemetry()
    const { bodies, disk } = fillable()
    const mirror = createMirror({ bodies, telemetry, providerIds: [], maxDead: 0 })
    await fill(mirror, [indicator('domain', 'a.example.com')])
    await fill(mirror, [indicator('domain', 'b.example.com')])
    await mirror.idle()
    expect(bodies.get(0)).toBeUndefined()
    disk.full = true
    await mirror.apply('feeds', { kind: 'remove', unit: 'unit' }, noAbort)
    await mirror.idle()
    expect(await telemetry.metrics.total('store_errors_total')).toBe(1)
    disk.full = false
    await mirror.apply('feeds', { kind: 'remove', unit: 'other' }, noAbort)
    await mirror.idle()
    // Two blocks are free, and no number is given to two blocks.
    const numbers = [
      await bodies.append(encodeBlock([])),
      await bodies.append(encodeBlock([])),
      await bodies.append(encodeBlock([])),
    ]
    expect(new Set(numbers)).toEqual(new Set([0, 1, 2]))
    await mirror.close()
  })

  it('frees at once what a failed load has written', async () => {
    const bodies = createMemoryBodies()
    const mirror = createMirror({ bodies, telemetry: recordedTelemetry(), providerIds: [] })
    const change: ChangeSet = {
      kind: 'replace',
      unit: 'unit',
      load: async function* () {
        yield await Promise.resolve([indicator('domain', 'a.example.com')])
        throw new Error('broken')
      },
    }
    await expect(mirror.apply('feeds', change, noAbort)).rejects.toThrow('broken')
    await mirror.idle()
    expect(bodies.get(0)).toBeUndefined()
    await mirror.close()
  })
})
