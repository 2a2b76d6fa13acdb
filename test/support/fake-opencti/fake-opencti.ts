import type { TlsFiles } from '../fake-misp/http/server.ts'
import type { IndicatorEdit } from './analyst/indicators.ts'
import * as indicators from './analyst/indicators.ts'
import { addEntity, addObservable, deleteObject } from './analyst/objects.ts'
import { addRelationship } from './analyst/relations.ts'
import type { Fault, FaultOptions } from './http/faults.ts'
import { openFront } from './http/front.ts'
import type { Instance } from './instance.ts'
import { createInstance } from './instance.ts'
import type { FakeStreams, Hub } from './stream/hub.ts'
import { createHub, HEARTBEAT_MS } from './stream/hub.ts'
import type { StreamInput } from './stream/collections.ts'
import { addStream } from './stream/collections.ts'
import type { StoredSighting } from './store/stored.ts'
import { isSighting } from './store/stored.ts'
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
  /** Milliseconds between the heartbeats of streams. Default 5000; null: none. */
  readonly heartbeatMs?: number | null
  /** Default true. Long benchmarks switch it off: it keeps each body. */
  readonly recordRequests?: boolean
}

/** An OpenCTI on loopback, with faults on demand. Objects are named by any of their ids. */
export interface FakeOpenCti extends Analyst, Collections {
  /** `http://127.0.0.1:<port>[/base]` */
  readonly url: string
  /** That of `connector`, who may do all that Tripline does. */
  readonly token: string
  readonly tokens: Readonly<Record<UserName, string>>
  /** What it holds, for tests that look inside. */
  readonly instance: Instance
  /** What was reported back, in the order of the first reports. */
  readonly sightings: readonly StoredSighting[]
  /** The open streams, and the log behind them. */
  readonly streams: FakeStreams
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

/** Live streams and TAXII collections. */
export interface Collections {
  /** Started, unless told otherwise. `filters` is the JSON of a group. Gives the id. */
  addStreamCollection(input?: Partial<StreamInput>): string
  stopStreamCollection(id: string): void
  startStreamCollection(id: string): void
  deleteStreamCollection(id: string): void
  addTaxiiCollection(input?: Partial<StreamInput>): string
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
  const { heartbeatMs = HEARTBEAT_MS } = options
  const hub = createHub(instance, heartbeatMs ?? undefined)
  const front = await openFront(instance, hub, options)
  const tokens = Object.fromEntries(USER_NAMES.map((name) => [name, instance.users[name].token]))
  return {
    ...analyst(instance),
    ...collections(instance, hub),
    streams: hub,
    get sightings() {
      return [...instance.database.all('sighting')]
        .filter(isSighting)
        .toSorted((a, b) => (a.created_at < b.created_at ? -1 : 1))
    },
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
    close: () => {
      hub.close()
      return front.listener.stop()
    },
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

function collections(instance: Instance, hub: Hub): Collections {
  const set = (id: string, stream_live: boolean): void => {
    const collection = instance.streams.get(id)
    if (collection === undefined) throw new Error(`the fake OpenCTI has no stream ${id}`)
    instance.streams.set(id, { ...collection, stream_live })
    if (!stream_live) hub.endOf(id)
  }
  return {
    addStreamCollection: (input = {}) =>
      addStream(instance, { name: 'Indicators', stream_live: true, ...input }).id,
    stopStreamCollection: (id) => set(id, false),
    startStreamCollection: (id) => set(id, true),
    deleteStreamCollection: (id) => {
      set(id, false)
      instance.streams.delete(id)
    },
    addTaxiiCollection: (input = {}) => {
      const collection = addStream(instance, { name: 'Indicators', ...input })
      instance.streams.delete(collection.id)
      instance.taxiiCollections.set(collection.id, collection)
      return collection.id
    },
  }
}

const DAY_MS = 86_400_000
