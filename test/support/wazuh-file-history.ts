import { existsSync } from 'node:fs'
import * as fc from 'fast-check'
import { createLogWriter } from './log-writer.ts'
import {
  ACTS,
  BACK,
  LONG_LOOKS,
  PACKING,
  PEOPLE,
  TRIPLINE,
  WAZUH,
  write,
  type Word,
  type World,
} from './wazuh-file-world.ts'
import { numbersOf, runSource, temporaryFolder, type Running } from './wazuh-file.ts'

/** `pick` chooses one of the files or bytes a step is about. */
export type HistoryStep =
  | { readonly kind: 'write'; readonly sizes: readonly number[] }
  | { readonly kind: Word; readonly pick: number }

const sizes = fc.array(fc.integer({ min: 280, max: 2000 }), { minLength: 1, maxLength: 12 })
const pick = fc.nat({ max: 10_000 })

function words(...kinds: readonly Word[]): fc.Arbitrary<HistoryStep> {
  return fc.record({ kind: fc.constantFrom(...kinds), pick })
}

/** Everything that can happen; the medium ones are two to three times as long. */
export function anyHistory(size: 'small' | 'medium'): fc.Arbitrary<readonly HistoryStep[]> {
  const step = fc.oneof(
    { weight: 8, arbitrary: fc.record({ kind: fc.constant('write' as const), sizes }) },
    { weight: 7, arbitrary: words(...WAZUH) },
    { weight: 3, arbitrary: words(...PACKING) },
    { weight: 2, arbitrary: words(...PEOPLE) },
    { weight: 1, arbitrary: words(...BACK) },
    { weight: 7, arbitrary: words(...TRIPLINE) },
  )
  return fc.array(step, { maxLength: 40, size })
}

/** Without crashes and kills, after which lines may come twice. */
export function calmHistory(size: 'small' | 'medium'): fc.Arbitrary<readonly HistoryStep[]> {
  const wild: readonly string[] = ['crash Wazuh', 'read without ack', 'kill Tripline']
  return anyHistory(size).map((steps) => steps.filter(({ kind }) => !wild.includes(kind)))
}

/** What a history shows when something is wrong; all empty and 0 when not. */
export interface Outcome {
  /** Written, never taken away, and not read. */
  readonly missing: readonly number[]
  /** Read and never written. */
  readonly invented: readonly number[]
  readonly repeated: readonly number[]
  /** Files told to be lost though nothing was taken away. */
  readonly falseLosses: number
  readonly lines: number
}

/** What an outcome shows that must not be, in words; a calm history has more to answer for. */
export function faultsOf(outcome: Outcome, kind: 'any' | 'calm'): readonly string[] {
  const { missing, invented, repeated, falseLosses } = outcome
  const faults: string[] = []
  if (missing.length > 0) faults.push(`not read: ${missing.join(' ')}`)
  if (invented.length > 0) faults.push(`never written: ${invented.join(' ')}`)
  if (kind === 'any') return faults
  if (repeated.length > 0) faults.push(`read more than once: ${repeated.join(' ')}`)
  if (falseLosses > 0) faults.push(`told to be lost: ${falseLosses}`)
  return faults
}

/** Checkpoints are synchronised with the disk, which is most of the time a history takes: here they survive no power cut. */
const MEMORY = existsSync('/dev/shm') ? '/dev/shm' : undefined

/** Lines one by one, or whatever is read at once as a block. */
export const asLinesOrBlocks = fc.constantFrom('lines', 'blocks')

/** Performs the steps on real files; then everything that must have come out is compared with what did. */
export async function runHistory(
  steps: readonly HistoryStep[],
  reading: 'lines' | 'blocks' = 'lines',
): Promise<Outcome> {
  const folder = temporaryFolder()
  const stateDir = temporaryFolder(MEMORY)
  const writer = createLogWriter(folder.path)
  const small = { batchAlerts: 3, readBytes: '8KiB', pollInterval: '900ms' }
  const settings = { files: [writer.path], startAt: 'beginning', ...small }
  const start = (): Running =>
    runSource(stateDir.path, settings, reading === 'blocks' ? { blockBytes: 1 } : {})
  let losses = 0
  const again = async (how: 'stop' | 'kill'): Promise<void> => {
    await world.running[how]()
    world.seen.push(...numbersOf(world.running.alerts))
    losses += await world.running.telemetry.metrics.total('file_losses_total')
    world.running = start()
  }
  const world: World = {
    writer,
    plain: new Map([[writer.dated(), []]]),
    packed: new Map(),
    excused: new Set(),
    seen: [],
    next: 0,
    taken: false,
    running: start(),
    again,
    finish: () => undefined,
  }
  try {
    // Files older than the one of the first look are not read: so is the first start meant.
    await world.running.settle()
    await again('stop')
    for (const step of steps) {
      if (step.kind === 'write') write(world, step.sizes)
      else await ACTS[step.kind](world, step.pick)
    }
    world.finish()
    writer.flush()
    await world.running.settle(true, LONG_LOOKS)
    await again('stop')
    await world.running.settle()
    await again('stop')
    return outcomeOf(world, losses)
  } finally {
    await world.running.stop()
    writer.close()
    folder.remove()
    stateDir.remove()
  }
}

function outcomeOf({ seen, excused, next, taken }: World, losses: number): Outcome {
  const unique = new Set(seen)
  const counts = new Map<number, number>()
  for (const number of seen) counts.set(number, (counts.get(number) ?? 0) + 1)
  const all = Array.from({ length: next }, (_, number) => number)
  return {
    missing: all.filter((number) => !unique.has(number) && !excused.has(number)),
    invented: [...unique].filter((number) => !(number >= 0 && number < next)),
    repeated: [...counts].filter(([, count]) => count > 1).map(([number]) => number),
    falseLosses: excused.size === 0 && !taken ? losses : 0,
    lines: next,
  }
}
