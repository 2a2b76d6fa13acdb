import { setMaxListeners } from 'node:events'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { Alert } from '../../src/core/alert.ts'
import type { Clock } from '../../src/core/clock.ts'
import type { Batch } from '../../src/core/ports.ts'
import { createDecoder } from '../../src/sources/decode.ts'
import { wazuhFileConfig } from '../../src/sources/wazuh-file/config.ts'
import {
  createWazuhFileSource,
  type WazuhFileOptions,
  type WazuhFileSource,
} from '../../src/sources/wazuh-file/wazuh-file.ts'
import { recordedTelemetry, type RecordedTelemetry } from './telemetry.ts'

/** Time passes only where the source sleeps between two polls, and then at once: polls cost nothing and can be counted. */
interface PollClock extends Clock {
  polls(): number
}

/** Whoever sleeps as long as this does not poll: it is woken when the polls have taken that long. */
const BACKGROUND_MS = 1000

function pollClock(): PollClock {
  let polls = 0
  let now = 0
  let sleepers: { readonly at: number; readonly wake: () => void }[] = []
  const wakeDue = (): void => {
    const due = sleepers.filter(({ at }) => at <= now)
    sleepers = sleepers.filter(({ at }) => at > now)
    for (const { wake } of due) wake()
  }
  return {
    polls: () => polls,
    now: () => Date.UTC(2026, 2, 9, 8) + now,
    monotonic: () => now,
    sleep: (ms, signal) =>
      new Promise((resolve) => {
        if (signal?.aborted === true) return resolve()
        if (ms >= BACKGROUND_MS) {
          sleepers.push({ at: now + ms, wake: resolve })
          if (signal === undefined) return
          setMaxListeners(0, signal)
          signal.addEventListener('abort', () => resolve(), { once: true })
          return
        }
        polls += 1
        now += ms
        wakeDue()
        setImmediate(resolve)
      }),
  }
}

export interface Running {
  readonly source: WazuhFileSource
  readonly telemetry: RecordedTelemetry
  /** Every alert handed out so far. */
  readonly alerts: Alert[]
  /** Batches handed out and not acknowledged by `settle`, when it was told not to. */
  readonly open: Batch[]
  /**
   * Pulls until the source has looked at its quiet files twice (or as often as told), or waits for acknowledgements.
   * Acknowledges each batch unless told not to.
   */
  readonly settle: (acknowledge?: boolean, looks?: number) => Promise<readonly Alert[]>
  /** Aborts, then closes. */
  readonly stop: () => Promise<void>
  /** As a process that is killed: no last checkpoint. */
  readonly kill: () => Promise<void>
}

/** The source waits at this many batches that are not acknowledged: it polls no more. */
const MAX_OPEN = 64

const decode = await createDecoder()

/** Runs a source on real files, as the pipeline does: one pull at a time. */
export function runSource(
  stateDir: string,
  settings: Partial<Record<string, unknown>>,
  { access, blockBytes }: Pick<WazuhFileOptions, 'access' | 'blockBytes'> = {},
): Running {
  const clock = pollClock()
  const telemetry = recordedTelemetry(clock)
  const config = wazuhFileConfig.parse({ type: 'wazuh-file', ...settings })
  const source = createWazuhFileSource({
    id: 'wazuh',
    config,
    stateDir,
    decode,
    telemetry,
    ...(access === undefined ? {} : { access }),
    ...(blockBytes === undefined ? {} : { blockBytes }),
  })
  const abort = new AbortController()
  const iterator = source.read(abort.signal)[Symbol.asyncIterator]()
  const alerts: Alert[] = []
  const open: Batch[] = []
  let pending: Promise<IteratorResult<Batch>> | undefined
  let ended = false

  const settle = async (acknowledge = true, looks = 2): Promise<readonly Alert[]> => {
    const until = clock.polls() + looks
    const from = alerts.length
    while (!ended && clock.polls() < until && open.length < MAX_OPEN) {
      pending ??= iterator.next()
      const result = await Promise.race([pending, tick()])
      if (result === undefined) continue
      pending = undefined
      if (result.done === true) ended = true
      else {
        alerts.push(...alertsIn(result.value))
        if (acknowledge) result.value.ack()
        else open.push(result.value)
      }
    }
    return alerts.slice(from)
  }
  const end = async (): Promise<void> => {
    abort.abort()
    await pending
    if (!ended) await iterator.return?.()
    ended = true
  }
  const stop = async (): Promise<void> => {
    await end()
    await source.close()
  }
  return { source, telemetry, alerts, open, settle, stop, kill: end }
}

/** Those of a block as the pipeline takes them where it looks at each line. */
function alertsIn({ alerts, block }: Batch): readonly Alert[] {
  if (block === undefined) return alerts
  const found: Alert[] = []
  const bytes = Buffer.from(block.bytes)
  for (let start = 0; start < bytes.length;) {
    const end = bytes.indexOf(10, start) + 1
    found.push(...block.alertsOf(start, end))
    start = end
  }
  return found
}

function tick(): Promise<undefined> {
  return new Promise((resolve) => setImmediate(() => resolve(undefined)))
}

/** The numbers `alertLine` gave. */
export function numbersOf(alerts: readonly Alert[]): readonly number[] {
  return alerts.map(({ id }) => Number(id.split('.')[1]))
}

export interface TemporaryFolder {
  readonly path: string
  remove(): void
}

export function temporaryFolder(parent = tmpdir()): TemporaryFolder {
  const path = mkdtempSync(join(parent, 'tripline-'))
  return { path, remove: () => rmSync(path, { recursive: true, force: true }) }
}

export function range(from: number, to: number): readonly number[] {
  return Array.from({ length: to - from }, (_, i) => from + i)
}
