import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach } from 'vitest'
import type { Clock } from '../../src/core/clock.ts'
import type { ChangeSet, Notice } from '../../src/core/ports.ts'
import type { MispMirror } from '../../src/intel/misp/api.ts'
import { mispConfig, type MispConfig } from '../../src/intel/misp/config.ts'
import type { MispMirrorOptions } from '../../src/intel/misp/mirror/copy.ts'
import { createMispMirror } from '../../src/intel/misp/mirror/mirror-sync.ts'
import { manualClock, type ManualClock } from './clock.ts'
import { scriptedMisp, type ScriptedMisp } from './scripted-misp.ts'
import { recordedTelemetry, type RecordedTelemetry } from './telemetry.ts'
import { indicatorsIn } from './change-content.ts'

/** No other wait of the mirror is as long as this. */
const INTERVAL_MS = 7 * 60_000
const INTERVAL = '7m'
const DAY_MS = 86_400_000

export interface SleepingClock extends ManualClock {
  /** How long each sleeper sleeps in all. */
  sleepers(): readonly number[]
}

function sleepingClock(): SleepingClock {
  const inner = manualClock()
  const sleepers = new Map<object, number>()
  const sleep: Clock['sleep'] = async (ms, signal) => {
    if (signal?.aborted === true) return
    const key = {}
    const own = new AbortController()
    const wake = (): void => own.abort()
    signal?.addEventListener('abort', wake, { once: true })
    sleepers.set(key, ms)
    await inner.sleep(ms, own.signal)
    sleepers.delete(key)
    signal?.removeEventListener('abort', wake)
  }
  return { ...inner, sleep, sleepers: () => [...sleepers.values()] }
}

export interface RunningMirror {
  readonly mirror: MispMirror
  readonly telemetry: RecordedTelemetry
  /** What a mirror in memory would hold: unit → values, `!` before one that is not for detection. */
  readonly held: ReadonlyMap<string, readonly string[]>
  /** The kinds of changes so far, `ready` among them. */
  readonly changes: readonly ChangeSet['kind'][]
  /** What was told to those who watch Wazuh: kind and code. */
  readonly notices: readonly string[]
  /** Resolves when the round is over and the next one is waited for, or when it failed. */
  settled(): Promise<void>
  /** Lets the time of one interval pass, for both clocks; gives what is held then. */
  round(): Promise<readonly string[]>
  pass(ms: number): Promise<void>
  values(): readonly string[]
  logged(message: string): number
  /** The target cannot store anything while this is true. */
  full: boolean
  stop(): Promise<void>
}

export interface MirrorBench {
  folder(): string
  misp(): ScriptedMisp
  clock(): SleepingClock
  options(settings?: MirrorSettings): MispMirrorOptions
  start(settings?: MirrorSettings): RunningMirror
  /** Until it holds. */
  until(what: () => boolean): Promise<void>
}

export interface MirrorSettings {
  readonly mirror?: Readonly<Record<string, unknown>>
  readonly mode?: MispConfig['mode']
  readonly published?: boolean
  readonly url?: string
}

/** A fresh folder, a scripted MISP and a clock for each test. */
export function useMirror(): MirrorBench {
  let folder = ''
  let misp = scriptedMisp()
  let clock = sleepingClock()
  let running: RunningMirror[] = []
  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), 'tripline-mirror-'))
    misp = scriptedMisp()
    clock = sleepingClock()
    running = []
  })
  afterEach(async () => {
    await Promise.all(running.map((each) => each.stop()))
    rmSync(folder, { recursive: true, force: true })
  })
  const options = ({ mirror = {}, ...settings }: MirrorSettings = {}): MispMirrorOptions => ({
    id: 'misp',
    client: misp.client,
    telemetry: recordedTelemetry(clock),
    stateDir: folder,
    config: mispConfig.parse({
      type: 'misp',
      url: 'https://misp.example',
      apiKey: 'k',
      mode: 'mirror',
      ...settings,
      mirror: { interval: INTERVAL, pageSize: 100, ...mirror },
    }),
  })
  return {
    folder: () => folder,
    misp: () => misp,
    clock: () => clock,
    options,
    until,
    start: (settings) => {
      const parts = options(settings)
      const started = startMirror(parts, { misp, clock })
      running.push(started)
      return started
    },
  }
}

async function until(what: () => boolean): Promise<void> {
  while (!what()) await new Promise((resolve) => setImmediate(resolve))
}

interface World {
  readonly misp: ScriptedMisp
  readonly clock: SleepingClock
}

function startMirror(options: MispMirrorOptions, { misp, clock }: World): RunningMirror {
  const abort = new AbortController()
  const notices: string[] = []
  const onNotice = ({ kind, code }: Notice): void => void notices.push(`${kind} ${code}`)
  const mirror = createMispMirror({ ...options, onNotice })
  const held = new Map<string, readonly string[]>()
  const changes: ChangeSet['kind'][] = []
  const target = { full: false }
  let over = false
  const ended = (async () => {
    for await (const change of mirror.changes(abort.signal)) {
      changes.push(change.kind)
      if (change.kind === 'remove') held.delete(change.unit)
      if (change.kind !== 'replace') continue
      try {
        held.set(change.unit, await loaded(change, target, abort.signal))
      } catch {
        // As the application does it: the earlier content stays.
      }
    }
    over = true
  })()
  const settled = (): Promise<void> => until(() => over || clock.sleepers().some(isBetweenRounds))
  const pass = async (ms: number): Promise<void> => {
    misp.now += ms / 1000
    await clock.advance(ms)
  }
  const running: RunningMirror = {
    mirror,
    telemetry: options.telemetry as RecordedTelemetry,
    held,
    changes,
    notices,
    settled,
    pass,
    round: async () => {
      await settled()
      await pass(INTERVAL_MS)
      await settled()
      return running.values()
    },
    values: () => [...held.values()].flat().toSorted(),
    logged: (message) => running.telemetry.lines.filter(({ msg }) => msg === message).length,
    get full() {
      return target.full
    },
    set full(full: boolean) {
      target.full = full
    },
    stop: async () => {
      abort.abort()
      await ended
      await mirror.close()
    },
  }
  return running
}

/** After a round that was well, or after one that failed: 5 s, doubled each time. */
function isBetweenRounds(ms: number): boolean {
  return ms === INTERVAL_MS || (ms % 5000 === 0 && Number.isInteger(Math.log2(ms / 5000)) && ms < DAY_MS)
}

async function loaded(
  change: Extract<ChangeSet, { kind: 'replace' }>,
  target: { readonly full: boolean },
  signal: AbortSignal,
): Promise<readonly string[]> {
  const values: string[] = []
  for await (const indicators of change.load(signal)) {
    if (target.full) throw new Error('No space left')
    for (const { value, detection } of indicatorsIn(indicators))
      values.push(detection === false ? `!${value}` : value)
  }
  return values
}
