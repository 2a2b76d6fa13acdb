import type { Clock } from '../../src/core/clock.ts'
import { systemClock } from '../../src/core/clock.ts'
import { ask } from './fake-opencti/ask.ts'
import type { FakeOpenCti } from './fake-opencti/fake-opencti.ts'
import { isIndicator, type StoredIndicator } from './fake-opencti/store/stored.ts'
import { following, type Following } from './opencti-mirror.ts'
import { cleanUp, fake, scratch } from './opencti-provider.ts'

/** What people do to indicators; `which` counts those that are there, round and round. */
export type Change =
  | { readonly kind: 'add'; readonly address: number; readonly second: number | undefined }
  | { readonly kind: 'move'; readonly which: number; readonly address: number }
  | { readonly kind: 'merge'; readonly which: number; readonly other: number }
  | { readonly kind: 'rename' | 'score' | 'revoke' | 'restore' | 'delete'; readonly which: number }

/** Addresses that occur. */
export const ADDRESSES = 60
/** At first; with pages of ten, a load takes some. */
const FIRST = 35
/** Waits of the product are some seconds: for it, time runs faster. */
const SPEED = 200
const HEARTBEAT_MS = 20
/** The clock of the platform, which heartbeats tell, is ahead of that of its Redis, which numbers events. */
const AHEAD_MS = 20_000

export interface FastClock extends Clock {
  /** Moves both clocks on by `ms`; sleepers sleep on. */
  pass(ms: number): void
}

function fastClock(): FastClock {
  const began = performance.now()
  const start = Date.now()
  let passed = 0
  const elapsed = (): number => (performance.now() - began) * SPEED + passed
  return {
    now: () => Math.floor(start + elapsed()),
    monotonic: elapsed,
    sleep: (ms, signal) => systemClock.sleep(ms / SPEED, signal),
    pass: (ms) => {
      passed += ms
    },
  }
}

/** An OpenCTI that is worked on, and the copy that follows it, which may be stopped and started again. */
export interface History {
  readonly opencti: FakeOpenCti
  readonly stream: string
  readonly clock: FastClock
  change(change: Change): void
  /** The server tells the time. It does so now and then by itself, too. */
  heartbeat(): void
  /** As long as one short request takes: what is under way goes on. */
  breathe(): Promise<void>
  /** The copy ends and begins again where it was, with `meanwhile` between. */
  restart(meanwhile: () => void): Promise<void>
  /** What the server shows for each address, and what the copy finds for it. */
  wanted(): readonly string[]
  held(): readonly string[]
  isFresh(): boolean
  end(): Promise<void>
}

export async function startHistory(): Promise<History> {
  const clock = fastClock()
  const opencti = await fake({ now: () => clock.now(), heartbeatMs: null })
  const stream = opencti.addStreamCollection({ name: 'indicators' })
  const heartbeat = (): void => {
    const at = clock.now() + AHEAD_MS
    opencti.streams.send('heartbeat', new Date(at).toISOString(), `${at}-0`)
  }
  const timer = setInterval(heartbeat, HEARTBEAT_MS).unref()
  cleanUp.push(() => clearInterval(timer))
  const change = changing(opencti)
  for (let address = 0; address < FIRST; address++) change({ kind: 'add', address, second: undefined })
  const stateDir = scratch()
  const open = (): Following =>
    following(
      opencti,
      { mode: 'hybrid', timeout: '10m', mirror: { stream, pageSize: 10, pollInterval: '5s' } },
      { stateDir, clock },
    )
  let copy = open()
  return {
    opencti,
    stream,
    clock,
    change,
    heartbeat,
    breathe: () =>
      ask(opencti, '/health').then(
        () => undefined,
        () => undefined,
      ),
    restart: async (meanwhile) => {
      await copy.stop()
      meanwhile()
      copy = open()
    },
    wanted: () => indicatorsOf(opencti).filter(isShown).flatMap(shown).toSorted(),
    held: () =>
      Array.from({ length: ADDRESSES }, (_, address) => found(copy, address))
        .flat()
        .toSorted(),
    isFresh: () =>
      copy.provider.asks?.({ type: 'ipv4', value: '192.0.2.1', where: ['data.srcip'] }, false) === false,
    end: async () => {
      for (const step of cleanUp.splice(0).toReversed()) await step()
    },
  }
}

function addressOf(address: number): string {
  return `198.51.100.${address}`
}

function patternOf(...addresses: readonly number[]): string {
  return `[${addresses.map((address) => `ipv4-addr:value = '${addressOf(address)}'`).join(' OR ')}]`
}

function indicatorsOf({ instance }: FakeOpenCti): readonly StoredIndicator[] {
  return [...instance.database.all('indicator')].filter(isIndicator)
}

function isShown({ pattern_type: type, revoked }: StoredIndicator): boolean {
  return type === 'stix' && !revoked
}

function shown({ pattern, name, x_opencti_score: score }: StoredIndicator): readonly string[] {
  return (pattern.match(/[\d.]{7,}/g) ?? []).map((address) => `${address} ${name} ${String(score)}`)
}

function found(copy: Following, address: number): readonly string[] {
  const value = addressOf(address)
  return copy
    .find('ipv4', value)
    .map(({ indicator: { title, score } }) => `${value} ${title} ${String(score)}`)
}

/** Does to the server what can be done; each state of an indicator has a name of its own. */
function changing(opencti: FakeOpenCti): (change: Change) => void {
  let count = 0
  const byNumber = (which: number): StoredIndicator | undefined => {
    const all = indicatorsOf(opencti).toSorted((a, b) => (a.id < b.id ? -1 : 1))
    return all[which % Math.max(1, all.length)]
  }
  return (change) => {
    const name = `n${(count += 1)}`
    if (change.kind === 'add') {
      const { address, second } = change
      const pattern =
        second === undefined || second === address ? patternOf(address) : patternOf(address, second)
      const same = indicatorsOf(opencti).find((each) => each.pattern === pattern)
      // The fake would look for the id among the former ones of others, too: two would have it.
      if (same === undefined) opencti.addIndicator({ name, pattern })
      else opencti.updateIndicator(same.id, { name })
      return
    }
    const one = byNumber(change.which)
    if (one === undefined) return
    if (change.kind === 'delete') opencti.deleteIndicator(one.id)
    else if (change.kind === 'merge') {
      const other = byNumber(change.other)
      if (other !== undefined && other.id !== one.id) opencti.mergeIndicators(one.id, [other.id])
    } else if (change.kind === 'move') {
      const pattern = patternOf(change.address)
      // Two with one STIX id are none of OpenCTI's states.
      if (!indicatorsOf(opencti).some((each) => each.pattern === pattern))
        opencti.updateIndicator(one.id, { name, pattern })
    } else if (change.kind === 'score') opencti.updateIndicator(one.id, { x_opencti_score: count % 100 })
    else if (change.kind === 'rename') opencti.updateIndicator(one.id, { name })
    else opencti.updateIndicator(one.id, { revoked: change.kind === 'revoke' })
  }
}
