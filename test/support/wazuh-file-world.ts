import { existsSync, readFileSync, renameSync, rmSync, truncateSync, writeFileSync } from 'node:fs'
import { gzipSync } from 'node:zlib'
import { alertLine, sizeOf, type LogWriter } from './log-writer.ts'
import { numbersOf, type Running } from './wazuh-file.ts'

/** What Wazuh does by itself, what people and their jobs do to its files, and what Tripline does. */
export const WAZUH = [
  'flush',
  'flush in part',
  'rotate',
  'rotate slowly',
  'next day',
  'restart Wazuh',
  'crash Wazuh',
] as const
export const PACKING = ['pack', 'pack slowly'] as const
export const PEOPLE = [
  'truncate',
  'delete a file',
  'remove the link',
  'rename the link',
  'replace the link',
] as const
export const BACK = ['delete the newest and restart Wazuh', 'zone back and restart Wazuh'] as const
export const TRIPLINE = ['read', 'read without ack', 'wait', 'restart Tripline', 'kill Tripline'] as const

export type Word =
  | (typeof WAZUH)[number]
  | (typeof PACKING)[number]
  | (typeof PEOPLE)[number]
  | (typeof BACK)[number]
  | (typeof TRIPLINE)[number]

/** A line in a file of the writer. */
interface Entry {
  readonly number: number
  readonly bytes: number
}

export interface World {
  readonly writer: LogWriter
  /** Plain dated files and what stands in them, oldest first. */
  readonly plain: Map<string, Entry[]>
  readonly packed: Map<string, readonly Entry[]>
  /** Lines of which somebody took the file, or a crash a part: they may come or not. */
  readonly excused: Set<number>
  readonly seen: number[]
  next: number
  /** A file was deleted or emptied: Tripline, stopped, cannot know whether more was written to it than it has read. */
  taken: boolean
  running: Running
  /** Ends Tripline and starts it again. */
  readonly again: (how: 'stop' | 'kill') => Promise<void>
  /** Ends what was begun: a slow packing. */
  finish: () => void
}

/** Looks of 900 ms that take longer than anything the source waits for. */
export const LONG_LOOKS = 14

type Act = (world: World, chosen: number) => void | Promise<unknown>

export const ACTS: { readonly [Name in Word]: Act } = {
  flush: ({ writer }) => writer.flush(),
  'flush in part': ({ writer }, chosen) => writer.flushPart(chosen % (writer.buffered() + 1)),
  rotate: (world) => (isEmpty(world) ? undefined : world.writer.rotate('part')),
  'rotate slowly': (world) => rotateSlowly(world),
  'next day': ({ writer }) => writer.rotate('day'),
  'restart Wazuh': ({ writer }) => writer.restart(),
  'crash Wazuh': (world) => crash(world),
  pack: (world, chosen) => pack(world, chosen, 'at once'),
  'pack slowly': (world, chosen) => pack(world, chosen, 'slowly'),
  truncate: (world) => truncate(world),
  'delete a file': (world, chosen) => deleteFile(world, chosen),
  'remove the link': ({ writer }) => rmSync(writer.path, { force: true }),
  'rename the link': (world) => renameLink(world),
  'replace the link': (world) => replaceLink(world),
  'delete the newest and restart Wazuh': (world) => deleteNewest(world),
  'zone back and restart Wazuh': (world) =>
    hasEarlier(world, 'before') ? world.writer.startAgain('before') : undefined,
  read: ({ running }) => running.settle(),
  'read without ack': ({ running }) => running.settle(false),
  wait: ({ running }) => running.settle(true, LONG_LOOKS),
  'restart Tripline': (world) => world.again('stop'),
  'kill Tripline': (world) => world.again('kill'),
}

function current({ plain, writer }: World): Entry[] {
  const entries = plain.get(writer.dated()) ?? []
  plain.set(writer.dated(), entries)
  return entries
}

export function write(world: World, lengths: readonly number[]): void {
  for (const length of lengths) {
    const line = alertLine(world.next, length)
    world.writer.line(line)
    current(world).push({ number: world.next, bytes: line.length + 1 })
    world.next += 1
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

function deleteNewest(world: World): void {
  const { writer } = world
  if (!hasEarlier(world, 'same') && writer.dated() !== writer.firstOf('same')) return
  take(world, writer.dated())
  writer.startAgain()
}

function take(world: World, path: string): void {
  world.taken = true
  excuse(world, world.plain.get(path) ?? [])
  world.plain.delete(path)
  rmSync(path, { force: true })
}

function pack(world: World, chosen: number, how: 'at once' | 'slowly'): void {
  world.finish()
  const { plain, packed, writer } = world
  const closed = [...plain.keys()].filter((path) => path !== writer.dated() && existsSync(path))
  const path = closed[chosen % Math.max(1, closed.length)]
  if (path === undefined || existsSync(`${path}.gz`)) return
  packed.set(path, plain.get(path) ?? [])
  const bytes = gzipSync(readFileSync(path))
  writeFileSync(`${path}.gz`, how === 'at once' ? bytes : bytes.subarray(0, Math.floor(bytes.length / 2)))
  world.finish = () => {
    world.finish = () => undefined
    // Wazuh may have gone back to it meanwhile, or somebody deleted it.
    if (!plain.has(path) || path === writer.dated()) return rmSync(`${path}.gz`, { force: true })
    writeFileSync(`${path}.gz`, gzipSync(readFileSync(path)))
    packed.set(path, plain.get(path) ?? [])
    plain.delete(path)
    rmSync(path)
  }
  if (how === 'at once') world.finish()
}

function deleteFile(world: World, chosen: number): void {
  const { writer, plain, packed } = world
  const files = [...plain.keys(), ...packed.keys()].filter((file) => file !== writer.dated())
  const file = files[chosen % Math.max(1, files.length)]
  if (file === undefined) return
  world.finish()
  if (!packed.has(file)) return take(world, file)
  world.taken = true
  excuse(world, packed.get(file) ?? [])
  packed.delete(file)
  rmSync(`${file}.gz`, { force: true })
}

function renameLink({ writer: { path } }: World): void {
  // Renaming one link of a file to another of the same file would leave both.
  rmSync(`${path}.1`, { force: true })
  if (existsSync(path)) renameSync(path, `${path}.1`)
}

function replaceLink(world: World): void {
  renameLink(world)
  writeFileSync(world.writer.path, '')
}

/** Lines that are wholly in the writer's buffer come after it; of the one between, only the end. */
function truncate(world: World): void {
  const { writer, plain } = world
  world.taken = true
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
