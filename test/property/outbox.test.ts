import { readdirSync, statSync, truncateSync } from 'node:fs'
import { join } from 'node:path'
import * as fc from 'fast-check'
import { expect, it } from 'vitest'
import { entryLine, type OutboxEntry } from '../../src/sinks/wazuh-queue/outbox/entry.ts'
import { openOutbox, type Outbox } from '../../src/sinks/wazuh-queue/outbox/outbox.ts'
import { queueEvents } from '../../src/telemetry/events/queue.ts'
import { sinkEvents } from '../../src/telemetry/events/sink.ts'
import { inFolder } from '../support/sink-files.ts'
import { recordedTelemetry } from '../support/telemetry.ts'

/** `crash`: the process ends without a word, its last write perhaps cut by so many bytes; `stop`: it closes first. */
const steps = fc.array(
  fc.oneof(
    {
      weight: 4,
      arbitrary: fc.record({
        kind: fc.constant('add' as const),
        count: fc.nat(20),
        size: fc.constantFrom(10, 2000, 120_000),
      }),
    },
    { weight: 4, arbitrary: fc.record({ kind: fc.constant('send' as const), count: fc.nat(40) }) },
    {
      weight: 1,
      arbitrary: fc.record({
        kind: fc.constant('crash' as const),
        cut: fc.option(fc.oneof(fc.constant(1), fc.nat(50)), { nil: undefined }),
      }),
    },
    { weight: 1, arbitrary: fc.record({ kind: fc.constant('stop' as const) }) },
  ),
  { maxLength: 40 },
)

const never = new AbortController().signal

function open(folder: string): Promise<Outbox> {
  const telemetry = recordedTelemetry()
  const events = { ...sinkEvents(telemetry, 'queue'), ...queueEvents(telemetry, 'queue') }
  return openOutbox({ folder, maxEntries: 1e6, maxBytes: 1e12, fsync: false, events })
}

/** Writes an entry as a crash would leave it that cuts so many bytes; whether it is whole all the same. */
async function tear(folder: string, outbox: Outbox, { id, cut }: { id: number; cut: number }) {
  const entry = entryOf(id, 10)
  await outbox.add([entry], never)
  const newest = readdirSync(folder)
    .filter((name) => name.endsWith('.jsonl'))
    .toSorted()
    .at(-1)
  const path = join(folder, newest ?? '')
  truncateSync(path, statSync(path).size - Math.min(cut, entryLine(entry).length + 1))
  // Only the line end is missing.
  return cut <= 1
}

function entryOf(id: number, size: number): OutboxEntry {
  return { id: String(id), at: 1, datagram: 'x'.repeat(size) }
}

async function sendSome(outbox: Outbox, count: number, sent: number[]): Promise<void> {
  for (let left = count; left > 0;) {
    const entries = (await outbox.next()).slice(0, left)
    if (entries.length === 0) return
    sent.push(...entries.map(({ id }) => Number(id)))
    await outbox.remove(entries.length)
    left -= entries.length
  }
}

it(
  'R18: an outbox loses nothing, keeps the order, and gives what it removed no more',
  { timeout: 60_000 },
  () =>
    fc.assert(
      fc.asyncProperty(steps, (history) =>
        inFolder(async (folder) => {
          const left: Outbox[] = []
          const sent: number[] = []
          let outbox = await open(folder)
          let added = 0
          for (const step of history) {
            if (step.kind === 'add') {
              const entries = Array.from({ length: step.count }, (_, n) => entryOf(added + n, step.size))
              await outbox.add(entries, never)
              added += step.count
            } else if (step.kind === 'send') await sendSome(outbox, step.count, sent)
            else {
              if (step.kind === 'stop') await outbox.close()
              else left.push(outbox)
              if (step.kind === 'crash' && step.cut !== undefined)
                added += (await tear(folder, outbox, { id: added, cut: step.cut })) ? 1 : 0
              outbox = await open(folder)
            }
            expect(outbox.waiting.entries).toBe(added - sent.length)
          }
          await sendSome(outbox, Number.POSITIVE_INFINITY, sent)
          expect(sent).toEqual(Array.from({ length: added }, (_, n) => n))
          await outbox.close()
          await Promise.all(left.map((each) => each.close()))
        }),
      ),
      { numRuns: 60 },
    ),
)
