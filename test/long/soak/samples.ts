import { readdirSync, readFileSync, statSync } from 'node:fs'
import { parseJson } from '../../../src/core/json.ts'
import type { Written } from './writer.ts'

/** What the probe in the daemon says of the ten seconds before: how long the event loop was held up, in milliseconds. */
export interface LoopDelay {
  readonly p50: number
  readonly p99: number
  readonly max: number
  /** Share of the time in which the loop worked, 0 to 1. */
  readonly busy: number
  /** The least heap in use. */
  readonly heapMib: number
}

export interface Sample {
  readonly second: number
  readonly residentMib: number
  readonly anonymousMib: number
  readonly descriptors: number
  /** Bytes written and not in the checkpoint; null while it stands in a file that was not told of yet. */
  readonly lagBytes: number | null
  /** The checkpoint is written once a second while there is work. */
  readonly checkpointAgeMs: number
  /** Null until the probe spoke for the first time. */
  readonly heapMib: number | null
  readonly loop: LoopDelay | null
}

/** Where each file written began in all bytes, by inode number. */
export type Starts = ReadonlyMap<string, number>

export function sample(
  pid: number,
  checkpoint: string,
  { written, starts, began }: { readonly written: Written; readonly starts: Starts; readonly began: number },
): Omit<Sample, 'loop' | 'heapMib'> {
  const status = readFileSync(`/proc/${pid}/status`, 'utf8')
  const mib = (name: string): number =>
    Math.round(Number(new RegExp(`^${name}:\\s+(\\d+) kB`, 'm').exec(status)?.[1]) / 102.4) / 10
  const done = committed(checkpoint, starts)
  return {
    second: Math.round((performance.now() - began) / 1000),
    residentMib: mib('VmRSS'),
    anonymousMib: mib('RssAnon'),
    descriptors: readdirSync(`/proc/${pid}/fd`).length,
    lagBytes: done === undefined ? null : Math.max(0, written.bytes - done),
    checkpointAgeMs: Math.round(
      Date.now() - (statSync(checkpoint, { throwIfNoEntry: false })?.mtimeMs ?? Number.NaN),
    ),
  }
}

/** How many of all bytes the checkpoint says are done. */
export function committed(checkpoint: string, starts: Starts): number | undefined {
  const text = parseJson(readFileSync(checkpoint, 'utf8'))
  const current = (text as { files?: { current?: { ino: string; offset: number } }[] } | undefined)
    ?.files?.[0]?.current
  const start = starts.get(current?.ino ?? '')
  return current === undefined || start === undefined ? undefined : start + current.offset
}

export function median(numbers: readonly number[]): number {
  return numbers.toSorted((a, b) => a - b)[Math.floor(numbers.length / 2)] ?? Number.NaN
}

/** The last third must lie at most this much above the one before it. */
const FLAT_SHARE = 0.1
const FLAT_MIB = 8
const FLAT_DESCRIPTORS = 4

export const FLAT_KEYS = ['residentMib', 'anonymousMib', 'heapMib', 'descriptors'] as const
type FlatKey = (typeof FLAT_KEYS)[number]

export interface Flatness {
  readonly secondThird: number
  readonly lastThird: number
  /** Least squares over the last two thirds. */
  readonly slopePerHour: number
  readonly isFlat: boolean
}

/** The first third warms up; then the median of the last third is compared with that of the second. */
export function flatness(samples: readonly Sample[], key: FlatKey): Flatness {
  const points = samples.flatMap((each) => (each[key] === null ? [] : [[each.second, each[key]] as const]))
  const third = Math.floor(points.length / 3)
  const rest = points.slice(third)
  const secondThird = median(rest.slice(0, third).map(([, value]) => value))
  const lastThird = median(rest.slice(third).map(([, value]) => value))
  const room = key === 'descriptors' ? FLAT_DESCRIPTORS : secondThird * FLAT_SHARE + FLAT_MIB
  return {
    secondThird,
    lastThird,
    slopePerHour: Math.round(slope(rest) * 36_000) / 10,
    isFlat: lastThird <= secondThird + room,
  }
}

function slope(points: readonly (readonly [number, number])[]): number {
  const meanX = points.reduce((sum, [x]) => sum + x, 0) / points.length
  const meanY = points.reduce((sum, [, y]) => sum + y, 0) / points.length
  const above = points.reduce((sum, [x, y]) => sum + (x - meanX) * (y - meanY), 0)
  return above / points.reduce((sum, [x]) => sum + (x - meanX) ** 2, 0)
}
