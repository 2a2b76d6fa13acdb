import type { TlsFiles } from '../fake-misp/http/server.ts'
import type { IndicatorEdit } from './analyst/indicators.ts'
import * as indicators from './analyst/indicators.ts'
import { addEntity, addObservable, deleteObject } from './analyst/objects.ts'
import { addRelationship } from './analyst/relations.ts'
import type { Fault, FaultOptions } from './http/faults.ts'
import { openFront } from './http/front.ts'
import type { Instance } from './instance.ts'
import { createInstance } from './instance.ts'
import { identityOf, labelOf, markingOf } from './store/build.ts'
import { createSeed } from './store/seed.ts'
import type {
  Added,
  FakeEntityInput,
  FakeIdentityInput,
  FakeIndicatorInput,
  FakeObservableInput,
  FakeRelationshipInput,
  RecordedRequest,
} from './types.ts'
import type { UserName } from './users.ts'
import { USER_NAMES } from './users.ts'

export interface FakeOpenCtiOptions {
  /** Default: any free one. */
  readonly port?: number
  readonly latencyMs?: number
  /** `/opencti` */
  readonly basePath?: string
  /** Default `6.7.11`. */
  readonly version?: string
  readonly tls?: TlsFiles
  /** Clauses that a search may have. Default 1024. */
  readonly maxClauses?: number
  /** Epoch milliseconds; default the real clock. */
  readonly now?: () => number
  /** Default true. Long benchmarks switch it off: it keeps each body. */
  readonly recordRequests?: boolean
}

/** An OpenCTI on loopback, with faults on demand. Objects are named by any of their ids. */
export interface FakeOpenCti extends Analyst {
  /** `http://127.0.0.1:<port>[/base]` */
  readonly url: string
  /** That of `connector`, who may do all that Tripline does. */
  readonly token: string
  readonly tokens: Readonly<Record<UserName, string>>
  /** What it holds, for tests that look inside. */
  readonly instance: Instance
  /** Every request that arrived whole, in order. */
  readonly requests: readonly RecordedRequest[]
  /** How often the session cookie came back. */
  readonly cookiesReceived: number
  clearRequests(): void
  setFault(fault: Fault | undefined, options?: FaultOptions): void
  addFault(fault: Fault, options?: FaultOptions): void
  setLatency(ms: number): void
  /** Connections are refused until `start`. */
  stop(): Promise<void>
  start(): Promise<void>
  close(): Promise<void>
}

/** What people do in the web interface. Each change is an event of the stream. */
export interface Analyst {
  addIndicator(input: FakeIndicatorInput): Added
  updateIndicator(indicator: string, edit: IndicatorEdit): void
  /** By hand: `revoked` and nothing else. */
  revokeIndicator(indicator: string): void
  /** What the expiration manager would do at a time, now by default; gives what it revoked. */
  expireIndicators(at?: number): readonly string[]
  deleteIndicator(indicator: string): void
  mergeIndicators(target: string, sources: readonly string[]): void
  addObservable(input: FakeObservableInput): Added
  addEntity(input: FakeEntityInput): Added
  addIdentity(input: FakeIdentityInput): Added
  addRelationship(input: FakeRelationshipInput): Added
  deleteObject(object: string): void
  /** So many indicators that are computed when they are read; no events. `seedValue(seed, n)` has their values. */
  seedIndicators(count: number, options?: SeedingOptions): void
}

export interface SeedingOptions {
  /** Default 1. */
  readonly seed?: number
  /** Epoch milliseconds of the newest one. Default: a day ago. */
  readonly newest?: number
}

export async function startFakeOpenCti(options: FakeOpenCtiOptions = {}): Promise<FakeOpenCti> {
  const instance = createInstance(options.version ?? '6.7.11', options.now ?? (() => Date.now()))
  if (options.maxClauses !== undefined) instance.maxClauses = options.maxClauses
  const front = await openFront(instance, options)
  const tokens = Object.fromEntries(USER_NAMES.map((name) => [name, instance.users[name].token]))
  return {
    ...analyst(instance),
    get url() {
      return front.url
    },
    token: instance.users.connector.token,
    tokens: tokens as Record<UserName, string>,
    instance,
    requests: front.requests,
    get cookiesReceived() {
      return front.cookiesReceived
    },
    clearRequests: () => {
      front.requests.length = 0
    },
    setFault: front.faults.set,
    addFault: front.faults.add,
    setLatency: (ms) => front.setLatency(ms),
    stop: () => front.listener.stop(),
    start: () => front.listener.start(),
    close: () => front.listener.stop(),
  }
}

function analyst(instance: Instance): Analyst {
  return {
    addIndicator: (input) => indicators.addIndicator(instance, input),
    updateIndicator: (indicator, edit) => void indicators.updateIndicator(instance, indicator, edit),
    revokeIndicator: (indicator) => void indicators.updateIndicator(instance, indicator, { revoked: true }),
    expireIndicators: (at) => indicators.expireIndicators(instance, at ?? instance.now()),
    deleteIndicator: (indicator) => indicators.deleteIndicator(instance, indicator),
    mergeIndicators: (target, sources) => indicators.mergeIndicators(instance, target, sources),
    addObservable: (input) => addObservable(instance, input),
    addEntity: (input) => addEntity(instance, input),
    addIdentity: (input) => {
      const { id, standard_id } = identityOf(instance, input)
      return { id, standard_id }
    },
    addRelationship: (input) => addRelationship(instance, input),
    deleteObject: (object) => deleteObject(instance, object),
    seedIndicators: (count, { seed = 1, newest = instance.now() - DAY_MS } = {}) => {
      instance.database.plant(
        createSeed({
          count,
          seed,
          newest,
          authors: ['Vendor One', 'Vendor Two', 'CERT Example'].map((name) => identityOf(instance, name)),
          markings: ['TLP:GREEN', 'TLP:AMBER'].map((name) => markingOf(instance, name)),
          labels: ['c2', 'phishing', 'malware', 'scanner', 'ransomware'].map((text) =>
            labelOf(instance, text),
          ),
        }),
      )
    },
  }
}

const DAY_MS = 86_400_000
