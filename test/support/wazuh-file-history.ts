import { existsSync, readFileSync, renameSync, rmSync, truncateSync, writeFileSync } from 'node:fs'
import { gzipSync } from 'node:zlib'
import * as fc from 'fast-check'
import { alertLine, createLogWriter, sizeOf, type LogWriter } from './log-writer.ts'
import { numbersOf, runSource, temporaryFolder, type Running } from './wazuh-file.ts'

/** What Wazuh does by itself, what people and their jobs do to its files, and what Tripline does. */
const WAZUH = [
  'flush',
  'flush in part',
  'rotate',
  'rotate slowly',
  'next day',
  'restart Wazuh',
  'crash Wazuh',
] as const
const PACKING = ['pack', 'pack slowly'] as const
const PEOPLE = [
  'truncate',
  'delete a file',
  'remove the link',
  'rename the link',
  'replace the link',
] as const
const BACK = ['delete the newest and restart Wazuh', 'zone back and restart Wazuh'] as const
const TRIPLINE = ['read', 'read without ack', 'wait', 'restart Tripline', 'kill Tripline'] as const

type Word =
  | (typeof WAZUH)[number]
  | (typeof PACKING)[number]
  | (typeof PEOPLE)[number]
  | (typeof BACK)[number]
  | (typeof TRIPLINE)[number]

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

/** A line in a file of the writer. */
interface Entry {
  readonly number: number
  readonly bytes: number
}

interface World {
  readonly writer: LogWriter
  /** Plain dated files and what stands in them, oldest first. */
  readonly plain: Map<string, Entry[]>
  readonly packed: Map<string, readonly Entry[]>
  /** Lines of which somebody took the file, or a crash a part: they may come or not. */
  readonly excused: Set<number>
  readonly seen: number[]
  next: number
  running: Running
  readonly start: () => Running
  /** Ends what was begun: a slow packing. */
  finish: () => void
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

/** Performs the steps on real files; then everything that must have come out is compared with what did. */
export async function runHistory(steps: readonly HistoryStep[]): Promise<Outcome> {
  const folder = temporaryFolder()
  const stateDir = temporaryFolder(MEMORY)
  const writer = createLogWriter(folder.path)
  const small = { batchAlerts: 3, readBytes: '8KiB', pollInterval: '900ms' }
  const settings = { files: [writer.path], startAt: 'beginning', ...small }
  const start = (): Running => runSource(stateDir.path, settings)
  const world: World = {
    writer,
    plain: new Map([[writer.dated(), []]]),
    packed: new Map(),
    excused: new Set(),
    seen: [],
    next: 0,
    running: start(),
    start,
    finish: () => undefined,
  }
  let losses = 0
  const stop = async (how: 'stop' | 'kill'): Promise<void> => {
    await world.running[how]()
    world.seen.push(...numbersOf(world.running.alerts))
    losses += await world.running.telemetry.metrics.total('file_losses_total')
    world.running = world.start()
  }
  try {
    // Files older than the one of the first look are not read: so is the first start meant.
    await world.running.settle()
    await stop('stop')
    for (const step of steps) await perform(world, step, stop)
    world.finish()
    writer.flush()
    await world.running.settle(true, LONG_LOOKS)
    await stop('stop')
    await world.running.settle()
    await stop('stop')
    return outcomeOf(world, losses)
  } finally {
    await world.running.stop()
    writer.close()
    folder.remove()
    stateDir.remove()
  }
}

/** Looks of 900 ms that take longer than anything the source waits for. */
const LONG_LOOKS = 14

function outcomeOf({ seen, excused, next }: World, losses: number): Outcome {
  const unique = new Set(seen)
  const counts = new Map<number, number>()
  for (const number of seen) counts.set(number, (counts.get(number) ?? 0) + 1)
  const all = Array.from({ length: next }, (_, number) => number)
  return {
    missing: all.filter((number) => !unique.has(number) && !excused.has(number)),
    invented: [...unique].filter((number) => !(number >= 0 && number < next)),
    repeated: [...counts].filter(([, count]) => count > 1).map(([number]) => number),
    falseLosses: excused.size === 0 ? losses : 0,
    lines: next,
  }
}

type Stop = (how: 'stop' | 'kill') => Promise<void>

async function perform(world: World, step: HistoryStep, stop: Stop): Promise<void> {
  const { running } = world
  switch (step.kind) {
    case 'write':
      return write(world, step.sizes)
    case 'read':
      await running.settle()
      return
    case 'read without ack':
      await running.settle(false)
      return
    case 'wait':
      await running.settle(true, LONG_LOOKS)
      return
    case 'restart Tripline':
      return stop('stop')
    case 'kill Tripline':
      return stop('kill')
    case 'rotate slowly':
      return rotateSlowly(world)
    case 'pack':
    case 'pack slowly':
      return pack(world, step)
    case 'truncate':
    case 'delete a file':
    case 'remove the link':
    case 'rename the link':
    case 'replace the link':
      return disturb(world, step)
    default:
      return actAsWazuh(world, step)
  }
}

function current({ plain, writer }: World): Entry[] {
  const entries = plain.get(writer.dated()) ?? []
  plain.set(writer.dated(), entries)
  return entries
}

function write(world: World, lengths: readonly number[]): void {
  for (const length of lengths) {
    const line = alertLine(world.next, length)
    world.writer.line(line)
    current(world).push({ number: world.next, bytes: line.length + 1 })
    world.next += 1
  }
}

function actAsWazuh(
  world: World,
  { kind, pick: chosen }: { readonly kind: Word; readonly pick: number },
): void {
  const { writer } = world
  switch (kind) {
    case 'flush':
      return writer.flush()
    case 'flush in part':
      return writer.flushPart(chosen % (writer.buffered() + 1))
    case 'rotate':
      return isEmpty(world) ? undefined : writer.rotate('part')
    case 'next day':
      return writer.rotate('day')
    case 'restart Wazuh':
      return writer.restart()
    case 'crash Wazuh':
      return crash(world)
    case 'zone back and restart Wazuh':
      return hasEarlier(world, 'before') ? writer.startAgain('before') : undefined
    case 'delete the newest and restart Wazuh':
      if (!hasEarlier(world, 'same') && writer.dated() !== writer.firstOf('same')) return undefined
      take(world, writer.dated())
      return writer.startAgain()
    default:
      throw new Error(`not a step of Wazuh: ${kind}`)
  }
}

/** Wazuh does not rotate an empty file by size or time. */
function isEmpty({ writer }: World): boolean {
  return writer.buffered() === 0 && sizeOf(writer.dated()) === 0
}

/**
 * Whether Wazuh would go back to a file that held alerts. To one that never did, of a day before Tripline's first start,
 * it is only followed through the link.
 */
function hasEarlier({ writer, plain }: World, day: 'same' | 'before'): boolean {
  const first = writer.firstOf(day).slice(0, -'.json'.length)
  const files = [...plain.keys()].filter((path) => path.startsWith(first) && path !== writer.dated())
  const highest = files.toSorted((a, b) => (partOf(a) < partOf(b) ? -1 : 1)).at(-1)
  return highest !== undefined && (plain.get(highest)?.length ?? 0) > 0
}

function partOf(path: string): string {
  return /-(\d{3})\.json$/.exec(path)?.[1] ?? ''
}

async function rotateSlowly(world: World): Promise<void> {
  if (isEmpty(world)) return
  const { writer, running } = world
  const link = writer.rotateHalf()
  await running.settle()
  link()
}

function crash(world: World): void {
  const entries = current(world)
  for (let lost = world.writer.crash(); lost > 0;) {
    const last = entries.pop()
    if (last === undefined) return
    lost -= last.bytes
    world.excused.add(last.number)
  }
}

/** A line that was handed out counts as read; the others of a file that goes need not come any more. */
function excuse({ excused, seen, running }: World, entries: readonly Entry[]): void {
  const handed = new Set([...seen, ...numbersOf(running.alerts)])
  for (const { number } of entries) if (!handed.has(number)) excused.add(number)
}

function take(world: World, path: string): void {
  excuse(world, world.plain.get(path) ?? [])
  world.plain.delete(path)
  rmSync(path, { force: true })
}

function pack(world: World, { kind, pick: chosen }: { readonly kind: Word; readonly pick: number }): void {
  world.finish()
  const { plain, packed, writer } = world
  const closed = [...plain.keys()].filter((path) => path !== writer.dated() && existsSync(path))
  const path = closed[chosen % Math.max(1, closed.length)]
  if (path === undefined || existsSync(`${path}.gz`)) return
  packed.set(path, plain.get(path) ?? [])
  const bytes = gzipSync(readFileSync(path))
  writeFileSync(`${path}.gz`, kind === 'pack' ? bytes : bytes.subarray(0, Math.floor(bytes.length / 2)))
  world.finish = () => {
    world.finish = () => undefined
    // Wazuh may have gone back to it meanwhile, or somebody deleted it.
    if (!plain.has(path) || path === writer.dated()) return rmSync(`${path}.gz`, { force: true })
    writeFileSync(`${path}.gz`, gzipSync(readFileSync(path)))
    packed.set(path, plain.get(path) ?? [])
    plain.delete(path)
    rmSync(path)
  }
  if (kind === 'pack') world.finish()
}

function disturb(world: World, { kind, pick: chosen }: { readonly kind: Word; readonly pick: number }): void {
  const { writer, plain, packed } = world
  const { path } = writer
  if (kind === 'truncate') return truncate(world)
  if (kind === 'delete a file') {
    const files = [...plain.keys(), ...packed.keys()].filter((file) => file !== writer.dated())
    const file = files[chosen % Math.max(1, files.length)]
    if (file === undefined) return
    world.finish()
    if (packed.has(file)) {
      excuse(world, packed.get(file) ?? [])
      packed.delete(file)
      rmSync(`${file}.gz`, { force: true })
    } else take(world, file)
    return
  }
  if (kind === 'remove the link') return rmSync(path, { force: true })
  // Renaming one link of a file to another of the same file would leave both.
  rmSync(`${path}.1`, { force: true })
  if (existsSync(path)) renameSync(path, `${path}.1`)
  if (kind === 'replace the link') writeFileSync(path, '')
}

/** Lines that are wholly in the writer's buffer come after it; of the one between, only the end. */
function truncate(world: World): void {
  const { writer, plain } = world
  const entries = current(world)
  const kept: Entry[] = []
  let buffered = writer.buffered()
  for (let last = entries.at(-1); last !== undefined && last.bytes <= buffered; last = entries.at(-1)) {
    buffered -= last.bytes
    kept.unshift(last)
    entries.pop()
  }
  excuse(world, entries)
  plain.set(writer.dated(), kept)
  truncateSync(writer.dated(), 0)
}
