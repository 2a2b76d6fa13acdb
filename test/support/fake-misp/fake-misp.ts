import type { IncomingMessage, ServerResponse } from 'node:http'
import { createFaults } from './http/faults.ts'
import type { Fault, FaultOptions } from './http/faults.ts'
import { handle } from './http/handle.ts'
import { parsePath } from './http/path.ts'
import { send } from './http/send.ts'
import type { Listener, TlsFiles } from './http/server.ts'
import { listen } from './http/server.ts'
import { FAKE_KEYS } from './http/users.ts'
import type { Instance } from './instance.ts'
import { createInstance } from './instance.ts'
import type { AttributeEdit } from './store/changes.ts'
import { deleteRow, editRow, publishEvent, touchEvent } from './store/changes.ts'
import type { StoredAttribute, StoredEvent } from './store/stored.ts'
import type {
  AddedAttribute,
  AddedEvent,
  FakeAttributeInput,
  FakeEventInput,
  FakeTagInput,
  FakeWarningListInput,
  KeyName,
  RecordedRequest,
  StoredSighting,
} from './types.ts'

export interface FakeMispOptions {
  /** Default: any free one. */
  readonly port?: number
  readonly latencyMs?: number
  /** `/misp` */
  readonly basePath?: string
  /** Default `2.5.1`, the recorded one. */
  readonly version?: string
  readonly tls?: TlsFiles
  readonly events?: readonly FakeEventInput[]
  /** Default true. Long benchmarks switch it off: it keeps each body. */
  readonly recordRequests?: boolean
}

/** A MISP on loopback that behaves as the recorded one, with faults on demand. */
export interface FakeMisp {
  /** `http://127.0.0.1:<port>[/base]` */
  readonly url: string
  readonly keys: Readonly<Record<KeyName, string>>
  /** What it holds, for tests that look inside. */
  readonly instance: Instance
  addEvent(event: FakeEventInput): AddedEvent
  /** Many events; with lazy attributes they take only their index. */
  addBulk(count: number, makeEvent: (index: number) => FakeEventInput): void
  /** As in MISP an edit unpublishes the event, unless it is told to publish it again. */
  addAttributes(
    event: string,
    attributes: readonly FakeAttributeInput[],
    options?: EditOptions,
  ): readonly AddedAttribute[]
  editAttribute(attribute: string, edit: AttributeEdit, options?: EditOptions): void
  deleteAttribute(attribute: string, how?: 'soft' | 'hard', options?: EditOptions): void
  tagEvent(event: string, tags: readonly FakeTagInput[], options?: EditOptions): void
  deleteEvent(event: string): void
  publish(event: string): void
  unpublish(event: string): void
  addWarningList(list: FakeWarningListInput): { readonly id: string }
  readonly sightings: readonly StoredSighting[]
  /** Every request that arrived whole, in order. */
  readonly requests: readonly RecordedRequest[]
  clearRequests(): void
  setFault(fault: Fault | undefined, options?: FaultOptions): void
  addFault(fault: Fault, options?: FaultOptions): void
  setLatency(ms: number): void
  /** Unix seconds from now on, for change and publication times; undefined: the real clock. */
  setNow(seconds: number | undefined): void
  /** Connections are refused until `start`. */
  stop(): Promise<void>
  start(): Promise<void>
  close(): Promise<void>
}

export interface EditOptions {
  readonly publish?: boolean
}

export async function startFakeMisp(options: FakeMispOptions = {}): Promise<FakeMisp> {
  let fixedNow: number | undefined
  const instance = createInstance(options.version ?? '2.5.1', () => fixedNow ?? Math.floor(Date.now() / 1000))
  const front = await openFront(instance, options)
  const misp: FakeMisp = {
    ...contents(instance),
    get url() {
      return front.url()
    },
    keys: FAKE_KEYS,
    instance,
    sightings: instance.sightings.all,
    requests: front.requests,
    clearRequests: () => {
      front.requests.length = 0
    },
    setFault: front.faults.set,
    addFault: front.faults.add,
    setLatency: front.setLatency,
    setNow: (seconds) => {
      fixedNow = seconds
    },
    stop: () => front.listener.stop(),
    start: () => front.listener.start(),
    close: () => front.listener.stop(),
  }
  for (const event of options.events ?? []) misp.addEvent(event)
  return misp
}

interface Front {
  readonly listener: Listener
  readonly faults: ReturnType<typeof createFaults>
  readonly requests: RecordedRequest[]
  readonly url: () => string
  readonly setLatency: (ms: number) => void
}

/** The listening side: faults, latency and the list of requests. */
async function openFront(instance: Instance, options: FakeMispOptions): Promise<Front> {
  const { basePath = '', recordRequests = true } = options
  const faults = createFaults()
  const requests: RecordedRequest[] = []
  let latencyMs = options.latencyMs ?? 0
  let beats = 0
  const url = (): string =>
    `${options.tls === undefined ? 'http' : 'https'}://127.0.0.1:${listener.port}${basePath}`
  const onRequest = async (
    request: IncomingMessage,
    bytes: Buffer,
    response: ServerResponse,
  ): Promise<void> => {
    const { method = 'GET', headers } = request
    const target = request.url ?? '/'
    const key = headers.authorization
    const record: RecordedRequest = {
      method,
      path: target,
      body: recordRequests ? bytes.toString() : '',
      at: Date.now(),
      ...(key === undefined ? {} : { key }),
    }
    if (recordRequests) requests.push(record)
    const met = faults.take(target)
    instance.pageCap = met.find(({ fault }) => fault === 'page-cap')?.rows
    const handling = { instance, base: url(), faults: met, beats: (beats += 1) }
    const answer = handle(parsePath(target, basePath), { method, headers, bytes }, handling)
    await send(response, answer, { faults: met, latencyMs, method })
    if (response.headersSent) record.status = answer.status
  }
  const listener = await listen(options.port ?? 0, onRequest, options.tls)
  return {
    listener,
    faults,
    requests,
    url,
    setLatency: (ms) => {
      latencyMs = ms
    },
  }
}

type Contents = Pick<
  FakeMisp,
  | 'addEvent'
  | 'addBulk'
  | 'addAttributes'
  | 'editAttribute'
  | 'deleteAttribute'
  | 'tagEvent'
  | 'deleteEvent'
  | 'publish'
  | 'unpublish'
  | 'addWarningList'
>

/** What analysts would do in the web interface. */
function contents(instance: Instance): Contents {
  const { database, warningLists } = instance
  const eventOf = (name: string): StoredEvent => {
    const event = database.eventBy(name)
    if (event === undefined) throw new Error(`the fake MISP has no event ${name}`)
    return event
  }
  const rowOf = (name: string): StoredAttribute => {
    const row = database.rowBy(name)
    if (row === undefined) throw new Error(`the fake MISP has no attribute ${name}`)
    return row
  }
  const finish = (event: StoredEvent, { publish = false }: EditOptions = {}): void => {
    touchEvent(database, event, instance.now())
    if (publish) publishEvent(database, event, instance.now())
  }
  return {
    addEvent: (event) => database.addEvent(event, instance.now()),
    addBulk: (count, makeEvent) => {
      for (let index = 0; index < count; index += 1) database.addEvent(makeEvent(index), instance.now())
    },
    addAttributes: (name, attributes, options) => {
      const event = eventOf(name)
      const rows = attributes.map((input) => database.addRow(event, input, instance.now()))
      finish(event, options)
      return rows.map(({ id, uuid }) => ({ id: String(id), uuid }))
    },
    editAttribute: (name, edit, options) => {
      const row = rowOf(name)
      editRow(database, row, edit, instance.now())
      finish(row.event, options)
    },
    deleteAttribute: (name, how = 'soft', options) => {
      const row = rowOf(name)
      deleteRow(database, row, how, instance.now())
      finish(row.event, options)
    },
    tagEvent: (name, tags, options) => {
      const event = eventOf(name)
      event.tags = [...event.tags, ...tags.map(database.tags.of)]
      finish(event, options)
    },
    deleteEvent: (name) => database.removeEvent(eventOf(name)),
    publish: (name) => publishEvent(database, eventOf(name), instance.now()),
    unpublish: (name) => {
      eventOf(name).published = false
      database.touch()
    },
    addWarningList: (list) => ({ id: String(warningLists.add(list).id) }),
  }
}
