import { onTestFinished } from 'vitest'
import { onAbort } from '../../src/core/abort.ts'
import { AppError, type ErrorCode } from '../../src/core/errors.ts'
import type { Sighting, Store } from '../../src/core/ports.ts'
import type { AskOpenCti } from '../../src/intel/opencti/client/ask.ts'
import { serverCalls } from '../../src/intel/opencti/client/calls/server.ts'
import { sightingCalls } from '../../src/intel/opencti/client/calls/sightings.ts'
import { faultOf } from '../../src/intel/opencti/client/faults.ts'
import { openCtiConfig } from '../../src/intel/opencti/config.ts'
import { createOpenCtiSightings, type OpenCtiSightings } from '../../src/intel/opencti/sightings/sightings.ts'
import { createMemoryStore } from '../../src/store/memory/memory.ts'
import { manualClock, type ManualClock } from './clock.ts'
import { ModelFault, sightingModel, type SightingModel } from './opencti-sightings-model.ts'
import { recordedTelemetry } from './telemetry.ts'

export const START = Date.UTC(2026, 2, 9, 8)
export const WINDOW_MS = 900_000
export const DAY_MS = 86_400_000

export const indicatorId = (number: number): string =>
  `indicator--11111111-1111-5111-8111-${String(number).padStart(12, '0')}`

let alerts = 0

/** Each of an alert of its own, unless it is said. */
export function sighting(change: Partial<Sighting> = {}): Sighting {
  alerts += 1
  return {
    ref: indicatorId(1),
    value: '198.51.100.7',
    agent: { id: '001', name: 'web-1' },
    manager: 'wazuh',
    seenAt: START,
    alert: alerts.toString(16),
    times: 1,
    ...change,
  }
}

export const many = (count: number, change: (index: number) => Partial<Sighting>): readonly Sighting[] =>
  Array.from({ length: count }, (_, index) => sighting({ ref: indicatorId(index), ...change(index) }))

/** The client's own calls, before a model instead of a network. */
function modelClient(model: SightingModel, clock: ManualClock, process: KillableProcess) {
  const ask: AskOpenCti = async ({ operation, variables = {} }, read, signal) => {
    process.throwIfKilled()
    try {
      const aborted = new Promise<never>((_resolve, reject) => {
        onAbort(signal, () => reject(new Error('Aborted')))
      })
      const data = await Promise.race([model.answer(operation, variables), aborted])
      process.throwIfKilled()
      return read(data)
    } catch (error) {
      if (!(error instanceof ModelFault)) throw error
      throw faultOf([{ message: error.message, extensions: { code: error.code } }])
    }
  }
  return { ...serverCalls(ask, () => clock.monotonic()), ...sightingCalls(ask) }
}

/** What was killed neither asks nor writes any more. */
export interface KillableProcess {
  kill(): void
  throwIfKilled(): void
}

export function killableProcess(): KillableProcess {
  let isKilled = false
  return {
    kill: () => void (isKilled = true),
    throwIfKilled: () => {
      if (isKilled) throw new Error('Killed')
    },
  }
}

function storeOf(store: Store, process: KillableProcess): Store {
  const check = async (): Promise<void> => process.throwIfKilled()
  return {
    ...store,
    get: (key) => check().then(() => store.get(key)),
    set: (key, value, ttlMs) => check().then(() => store.set(key, value, ttlMs)),
    delete: (key) => check().then(() => store.delete(key)),
  }
}

export interface Given {
  readonly sightings?: Record<string, unknown>
  readonly connections?: number
  readonly store?: Store
  readonly clock?: ManualClock
}

export async function setUpSightings(given: Given = {}) {
  const clock = given.clock ?? manualClock(START)
  const model = sightingModel()
  const store = given.store ?? createMemoryStore({ clock, maxEntries: 100_000 })
  const telemetry = recordedTelemetry(clock)
  const config = openCtiConfig.parse({
    type: 'opencti',
    url: 'https://opencti.example',
    token: 't',
    rateLimit: '0s',
    ...(given.connections === undefined ? {} : { connections: given.connections }),
    sightings: { enabled: true, ...given.sightings },
  })
  const open = (process = killableProcess()): OpenCtiSightings => {
    const client = modelClient(model, clock, process)
    const own = storeOf(store, process)
    const made = createOpenCtiSightings({ id: 'opencti', config, client, store: own, telemetry })
    onTestFinished(() => made.close())
    return made
  }
  const outcomes = async (): Promise<Record<string, number>> => {
    const metric = await telemetry.metrics.registry.getSingleMetric('tripline_sightings_total')?.get()
    return Object.fromEntries(
      (metric?.values ?? []).map(({ labels, value }) => [String(labels['outcome']), value]),
    )
  }
  /** Count, first and last of what the server holds, in the order it was made. */
  const held = () => [...model.stored.values()].map(({ count, first, last }) => ({ count, first, last }))
  /** Lets a window end, and everything be told that was in it. */
  const passWindow = async (): Promise<void> => {
    await clock.advance(WINDOW_MS)
    await settled(clock)
  }
  const sightings = open()
  await clock.advance(0)
  return { clock, model, store, telemetry, open, outcomes, held, passWindow, sightings }
}

/** A round makes several requests, one after the other. */
export async function settled(clock: ManualClock): Promise<void> {
  for (let turn = 0; turn < 20; turn++) await clock.advance(0)
}

/** Fails requests whose name matches; `about` alone goes on. */
export const failing =
  (code: ErrorCode, operations: RegExp, options = {}) =>
  (operation: string): void => {
    if (operations.test(operation)) throw new AppError(code, `Scripted ${code}`, options)
  }
export const refusing =
  (code: string, operations: RegExp, message?: string) =>
  (operation: string): void => {
    if (operations.test(operation)) throw new ModelFault(code, message)
  }
export const never = (): void => undefined
