import { appendFile, readdir, readFile, rename, rm, stat, truncate, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { inFolder, systemError } from '../../../../test/support/sink-files.ts'
import { hangingOn } from '../../../../test/support/signals.ts'
import { recordedTelemetry } from '../../../../test/support/telemetry.ts'
import { queueEvents } from '../../../telemetry/events/queue.ts'
import { sinkEvents } from '../../../telemetry/events/sink.ts'
import { entryLine, type OutboxEntry } from './entry.ts'
import { openOutbox, type Outbox, type OutboxOptions } from './outbox.ts'

const never = new AbortController().signal

function entry(id: string, datagram = `1:misp:{"id":"${id}"}`): OutboxEntry {
  return { id, at: 1_773_043_200_000, datagram }
}

function entries(prefix: string, count: number): readonly OutboxEntry[] {
  return Array.from({ length: count }, (_, n) => entry(`${prefix}-${n}`))
}

async function opened(folder: string, changes: Partial<OutboxOptions> = {}) {
  const telemetry = recordedTelemetry()
  const events = { ...sinkEvents(telemetry, 'queue'), ...queueEvents(telemetry, 'queue') }
  const options = { folder, maxEntries: 1000, maxBytes: 1e9, fsync: false, events, ...changes }
  return { outbox: await openOutbox(options), telemetry }
}

/** Takes everything, `atOnce` at a time. */
async function drained(outbox: Outbox, atOnce = 3): Promise<readonly string[]> {
  const ids: string[] = []
  for (;;) {
    const next = (await outbox.next()).slice(0, atOnce)
    if (next.length === 0) return ids
    ids.push(...next.map(({ id }) => id))
    await outbox.remove(next.length)
  }
}

function failureOf(work: Promise<void>): Promise<unknown> {
  return work.catch((error: unknown) => error)
}

const segmentsIn = async (folder: string): Promise<readonly string[]> =>
  (await readdir(folder)).filter((name) => /^\d+\.jsonl$/.test(name)).toSorted()

it('gives what was added, in order, the same until it is removed', () =>
  inFolder(async (folder) => {
    const { outbox } = await opened(folder)
    await outbox.add(entries('a', 5), never)
    const twice = { ...entry('b'), again: true as const }
    await outbox.add([twice], never)
    expect(await outbox.next()).toEqual([...entries('a', 5), twice].slice(0, (await outbox.next()).length))
    expect(await drained(outbox)).toEqual(['a-0', 'a-1', 'a-2', 'a-3', 'a-4', 'b'])
    expect(outbox.waiting).toEqual({ entries: 0, bytes: 0 })
    await outbox.add([twice], never)
    expect(await outbox.next()).toEqual([twice])
    await outbox.close()
  }))

it('leaves nothing on the signal of those who add', () =>
  inFolder(async (folder) => {
    const { outbox } = await opened(folder)
    const { signal } = new AbortController()
    for (const each of entries('a', 20)) await outbox.add([each], signal)
    expect(hangingOn(signal)).toBe(0)
    await outbox.close()
  }))

it('R18: keeps its limits: what is over them waits, and gets in when there is room', () =>
  inFolder(async (folder) => {
    const { outbox, telemetry } = await opened(folder, { maxEntries: 4 })
    await outbox.add(entries('a', 3), never)
    let isIn = false
    const adding = outbox.add(entries('b', 2), never).then(() => (isIn = true))
    await outbox.next()
    expect(isIn).toBe(false)
    expect(outbox.waiting.entries).toBe(3)
    expect(telemetry.lines).toMatchObject([{ level: 40 }])
    await outbox.remove(1)
    await adding
    expect(await drained(outbox)).toEqual(['a-1', 'a-2', 'b-0', 'b-1'])
    await outbox.close()
  }))

it('takes into an empty outbox what is larger than its limits', () =>
  inFolder(async (folder) => {
    const { outbox } = await opened(folder, { maxEntries: 4, maxBytes: 10 })
    await outbox.add(entries('a', 9), never)
    expect(outbox.waiting.entries).toBe(9)
    let isIn = false
    const adding = outbox.add([entry('b')], never).then(() => (isIn = true))
    expect(await outbox.next()).toHaveLength(9)
    await outbox.remove(8)
    expect([isIn, outbox.waiting.entries]).toEqual([false, 1])
    // The last one makes room: from here on both may come first.
    await outbox.remove(1)
    await adding
    expect(await drained(outbox)).toEqual(['b'])
    await outbox.close()
  }))

it('lets nobody wait after an abort, nor after it was closed', () =>
  inFolder(async (folder) => {
    const { outbox } = await opened(folder, { maxEntries: 1 })
    await outbox.add([entry('a')], never)
    const stop = new AbortController()
    const first = failureOf(outbox.add([entry('b')], stop.signal))
    stop.abort()
    expect(await first).toMatchObject({ code: 'SINK_UNWRITABLE' })
    const second = failureOf(outbox.add([entry('c')], never))
    await outbox.close()
    expect(await second).toMatchObject({ code: 'SINK_UNWRITABLE' })
    await outbox.close()
    const again = await opened(folder)
    expect(await drained(again.outbox)).toEqual(['a'])
    await again.outbox.close()
  }))

describe('an outbox opened again', () => {
  it('R18: goes on where it was, also when the process just ended', () =>
    inFolder(async (folder) => {
      const first = await opened(folder)
      await first.outbox.add(entries('a', 10), never)
      await first.outbox.next()
      await first.outbox.remove(4)
      // Not closed: as after kill -9.
      const { outbox, telemetry } = await opened(folder)
      expect(outbox.waiting.entries).toBe(6)
      expect(telemetry.lines).toMatchObject([{ level: 30, waiting: 6 }])
      await outbox.add(entries('b', 2), never)
      expect(await drained(outbox)).toEqual(['a-4', 'a-5', 'a-6', 'a-7', 'a-8', 'a-9', 'b-0', 'b-1'])
      await outbox.close()
      await first.outbox.close()
    }))

  it('leaves no files when nothing waits', () =>
    inFolder(async (folder) => {
      const { outbox } = await opened(folder)
      await outbox.add(entries('a', 3), never)
      await drained(outbox)
      await outbox.close()
      expect(await readdir(folder)).toEqual(['sent'])
      const again = await opened(folder)
      await again.outbox.add(entries('b', 1), never)
      expect(await drained(again.outbox)).toEqual(['b-0'])
      await again.outbox.close()
    }))

  it.each(['', 'nonsense', '99999999999999999999 1\n'])('sends all of it when its mark is %j', (mark) =>
    inFolder(async (folder) => {
      const first = await opened(folder)
      await first.outbox.add(entries('a', 3), never)
      await first.outbox.next()
      await first.outbox.remove(1)
      await writeFile(join(folder, 'sent'), mark)
      const { outbox } = await opened(folder)
      expect(await drained(outbox)).toEqual(['a-0', 'a-1', 'a-2'])
      await Promise.all([outbox.close(), first.outbox.close()])
    }),
  )

  it('R18: passes over torn and foreign lines, and counts them', () =>
    inFolder(async (folder) => {
      const first = await opened(folder)
      await first.outbox.add([entry('a')], never)
      await first.outbox.close()
      const [name = ''] = await segmentsIn(folder)
      const whole = entryLine(entry('b'))
      await appendFile(
        join(folder, name),
        `nonsense\n\u0000\u0000\n{"id":1}\n${whole}\n${whole.slice(0, -5)}`,
      )
      const { outbox, telemetry } = await opened(folder)
      expect(await drained(outbox)).toEqual(['a', 'b'])
      expect(outbox.waiting).toEqual({ entries: 0, bytes: 0 })
      expect(await telemetry.metrics.total('queue_events_total')).toBe(4)
      await outbox.add([entry('c')], never)
      expect(await drained(outbox)).toEqual(['c'])
      await outbox.close()
    }))
})

describe('a last line without its end', () => {
  it('is an entry like others, counted and sent at once after the next start', () =>
    inFolder(async (folder) => {
      const first = await opened(folder)
      await first.outbox.add(entries('a', 1), never)
      const [name = ''] = await segmentsIn(folder)
      const path = join(folder, name)
      await truncate(path, (await readFile(path)).length - 1)
      const { outbox } = await opened(folder)
      expect(outbox.waiting.entries).toBe(1)
      await outbox.filled(never)
      expect(await drained(outbox)).toEqual(['a-0'])
      await outbox.add(entries('b', 1), never)
      expect(outbox.waiting.entries).toBe(1)
      await outbox.filled(never)
      expect(await drained(outbox)).toEqual(['b-0'])
      await Promise.all([outbox.close(), first.outbox.close()])
    }))

  it('is waited for by nobody when it is torn, nor is room for others', () =>
    inFolder(async (folder) => {
      await writeFile(
        join(folder, '0000000000000001.jsonl'),
        `nonsense\n${entryLine(entry('a')).slice(0, -5)}`,
      )
      const { outbox } = await opened(folder, { maxEntries: 1 })
      const adding = outbox.add([entry('b')], never)
      await outbox.filled(never)
      await outbox.next()
      await adding
      expect(await drained(outbox)).toEqual(['b'])
      expect(await outbox.emptied(never)).toBe(true)
      await outbox.close()
    }))
})

describe('a disk that fails', () => {
  it('before the first entry is in makes it be refused, once whole the next time', () =>
    inFolder(async (folder) => {
      const failing = { on: true }
      const sync = () => (failing.on ? Promise.reject(systemError('EIO')) : Promise.resolve())
      const disk = { syncFolder: sync, sizeOf: async (path: string) => (await stat(path)).size }
      const { outbox } = await opened(folder, { fsync: true, disk })
      await expect(outbox.add(entries('a', 2), never)).rejects.toMatchObject({ code: 'SINK_UNWRITABLE' })
      failing.on = false
      await outbox.add(entries('a', 2), never)
      expect(await drained(outbox)).toEqual(['a-0', 'a-1'])
      expect(outbox.waiting).toEqual({ entries: 0, bytes: 0 })
      await outbox.close()
    }))

  it('after they are in leaves nothing uncounted', () =>
    inFolder(async (folder) => {
      const disk = {
        syncFolder: () => Promise.resolve(),
        sizeOf: () => Promise.reject(systemError('EIO')),
      }
      const { outbox } = await opened(folder, { disk })
      for (const prefix of ['a', 'b']) {
        await outbox.add(entries(prefix, 2), never)
        expect(outbox.waiting.entries).toBe(2)
        await outbox.filled(never)
        expect(await drained(outbox)).toEqual([`${prefix}-0`, `${prefix}-1`])
      }
      await outbox.close()
    }))
})

it('removes its files as they are sent', () =>
  inFolder(async (folder) => {
    const { outbox } = await opened(folder)
    // As long as one can be: every byte of the longest datagram escaped.
    const large = '"'.repeat(64_000)
    const ids = Array.from({ length: 150 }, (_, n) => String(n))
    for (const id of ids) await outbox.add([entry(id, large)], never)
    expect((await segmentsIn(folder)).length).toBe(3)
    expect(await drained(outbox, 1)).toEqual(ids)
    expect((await segmentsIn(folder)).length).toBe(1)
    await outbox.close()
    expect(await segmentsIn(folder)).toEqual([])
  }))

it('R18: does not stop when its files are taken away', () =>
  inFolder(async (folder) => {
    const { outbox } = await opened(folder)
    await outbox.add(entries('a', 3), never)
    for (const name of await segmentsIn(folder)) await rm(join(folder, name))
    expect(await drained(outbox)).toEqual([])
    expect(outbox.waiting.entries).toBe(0)
    await outbox.add(entries('b', 1), never)
    expect(await drained(outbox)).toEqual(['b-0'])
    await outbox.close()
  }))

it('has nothing of what it could not take', () =>
  inFolder(async (top) => {
    const folder = join(top, 'outbox')
    const { outbox } = await opened(folder)
    await outbox.add(entries('a', 1), never)
    await rename(folder, `${folder}-aside`)
    await writeFile(folder, '')
    await expect(outbox.add(entries('b', 2), never)).rejects.toMatchObject({ code: 'SINK_UNWRITABLE' })
    await rm(folder)
    await rename(`${folder}-aside`, folder)
    await outbox.add(entries('c', 1), never)
    expect(await drained(outbox)).toEqual(['a-0', 'c-0'])
    await outbox.close()
  }))

it('wakes whoever waits until nothing is left', () =>
  inFolder(async (folder) => {
    const { outbox } = await opened(folder)
    await outbox.add(entries('a', 2), never)
    const stop = new AbortController()
    const given = outbox.emptied(stop.signal)
    const emptied = outbox.emptied(never)
    stop.abort()
    expect(await given).toBe(false)
    await drained(outbox)
    expect(await emptied).toBe(true)
    await outbox.close()
  }))

it('wakes whoever waits for something', () =>
  inFolder(async (folder) => {
    const { outbox } = await opened(folder)
    const filled = outbox.filled(never)
    await outbox.add(entries('a', 1), never)
    await filled
    await outbox.filled(never)
    await drained(outbox)
    await outbox.filled(AbortSignal.abort())
    expect(await readFile(join(folder, 'sent'), 'utf8')).toMatch(/^1 \d+ +\n$/)
    await outbox.close()
  }))
