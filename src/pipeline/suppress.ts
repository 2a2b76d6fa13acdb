import { LRUCache } from 'lru-cache'
import type { Clock } from '../core/clock.ts'
import { isRecord } from '../core/json.ts'
import type { Match } from '../core/match.ts'
import { observableKey } from '../core/observable.ts'
import type { Store } from '../core/ports.ts'
import type { SuppressConfig } from './config.ts'
import type { NodeClaims } from './node-claims.ts'

/**
 * Spares repeats of a match: the first of a window is reported, the rest counted. A window is opened in two steps, so
 * that a crash gives a duplicate and never a loss: `claim` holds the key in this process only, `confirm` makes it last
 * in the store after the sinks have accepted the match.
 */
export interface MatchSuppression {
  /** The matches to report, each with the number of repeats since the last report; the others are counted. */
  claim(matches: readonly Match[]): Promise<readonly Match[]>
  /** After delivery. */
  confirm(matches: readonly Match[]): Promise<void>
  /** What was suppressed in windows that have ended since the last call; with `all` in those still open, too. */
  rollUp(which: 'ended' | 'all'): readonly Repeated[]
}

/** Matches of one observable on one agent that were not reported because they repeat. */
export interface Repeated {
  readonly observable: string
  readonly agentId: string
  readonly agentName: string
  readonly repeats: number
}

/** Keys remembered in memory, beside the store: for repeats per key, and to spare reads of the store. */
const MAX_KEYS = 50_000
const PREFIX = 'match/'

interface KeyState {
  /** For the next report. */
  repeats: number
  /** How many of them were rolled up. */
  rolledUp: number
  readonly observable: string
  readonly agent: Match['alert']['agent']
  /** Monotonic end of the window; 0 when only the store knows it (it was opened by an earlier process). */
  until: number
}

export interface SuppressionOptions {
  /** Repeats of a key that had to make room, which no report and no roll-up has told. */
  readonly onForgotten?: (repeats: number) => void
  /** Where several nodes share the store: what they are just reporting is asked for, too. */
  readonly nodes?: NodeClaims
}

export function createMatchSuppression(
  config: SuppressConfig,
  store: Store,
  clock: Clock,
  { onForgotten = () => undefined, nodes }: SuppressionOptions = {},
): MatchSuppression {
  const states = boundedStates(onForgotten)
  const inFlight = new Set<string>()

  async function isSuppressed(key: string): Promise<boolean> {
    const state = states.get(key)
    if (inFlight.has(key)) return true
    if (state !== undefined && clock.monotonic() < state.until) return true
    // What has ended here may have been opened again by another node, which only the store knows.
    if (state !== undefined && state.until > 0 && nodes === undefined) return false
    const isReported = async (): Promise<boolean> => (await store.get(PREFIX + key)) !== undefined
    return (await isReported()) || (nodes !== undefined && (await nodes.isTaken(key, isReported)))
  }

  /** `undefined` for a repeat, which is not counted yet. */
  async function claimOne(key: string, match: Match): Promise<Match | undefined> {
    const known = states.get(key)
    if (await isSuppressed(key)) return undefined
    inFlight.add(key)
    return known === undefined || known.repeats === 0 ? match : { ...match, repeats: known.repeats }
  }

  return {
    claim: async (matches) => {
      if (config.matchWindow === 0) return matches
      const { claimed, repeated } = await inKeyOrder(matches, config.scope, claimOne)
      // When all is through: where the store fails in between, all of them are reported.
      for (const { key, match } of repeated) countRepeat(states, key, match)
      return claimed
    },
    confirm: async (matches) => {
      if (config.matchWindow === 0) return
      await Promise.all(
        matches.map(async (match) => {
          const key = keyOf(match, config.scope)
          states.set(key, nextState(match, states.get(key), clock.monotonic() + config.matchWindow))
          inFlight.delete(key)
          await store.set(PREFIX + key, new Uint8Array(0), config.matchWindow)
          await nodes?.release(key)
        }),
      )
    },
    rollUp: (which) => {
      const now = clock.monotonic()
      return [...states.values()]
        .filter(({ repeats, rolledUp, until }) => repeats > rolledUp && (which === 'all' || now >= until))
        .map(rolledUpNow)
    },
  }
}

function countRepeat(states: LRUCache<string, KeyState>, key: string, match: Match): void {
  const state = states.get(key) ?? newState(match, 0)
  state.repeats += 1
  states.set(key, state)
}

interface Claimed {
  readonly claimed: readonly Match[]
  readonly repeated: readonly { readonly key: string; readonly match: Match }[]
}

/**
 * What is claimed, in the order given, and what is not. Claimed in the order of the keys, which is one for all nodes: two that wait for
 * each other's keys would stand still.
 */
async function inKeyOrder(
  matches: readonly Match[],
  scope: SuppressConfig['scope'],
  claim: (key: string, match: Match) => Promise<Match | undefined>,
): Promise<Claimed> {
  const keyed = matches.map((match, at) => ({ key: keyOf(match, scope), match, at }))
  const claimed: (Match | undefined)[] = []
  for (const { key, match, at } of keyed.toSorted((a, b) => compare(a.key, b.key)))
    claimed[at] = await claim(key, match)
  return {
    claimed: claimed.filter((match) => match !== undefined),
    repeated: keyed.filter(({ at }) => claimed[at] === undefined),
  }
}

/** Not by locale, which may differ from node to node. */
function compare(left: string, right: string): number {
  if (left === right) return 0
  return left < right ? -1 : 1
}

function boundedStates(onForgotten: (repeats: number) => void): LRUCache<string, KeyState> {
  return new LRUCache({
    // Not `max`: that takes the room for all of them at once.
    maxSize: MAX_KEYS,
    sizeCalculation: () => 1,
    dispose: ({ repeats, rolledUp }, _key, reason) => {
      if (reason === 'evict' && repeats > rolledUp) onForgotten(repeats - rolledUp)
    },
  })
}

/** Of the window that a report opens: what was repeated while that was under way stands in no report yet. */
function nextState(match: Match, before: KeyState | undefined, until: number): KeyState {
  const { repeats = 0, rolledUp = 0 } = before ?? {}
  return {
    ...newState(match, until),
    repeats: Math.max(0, repeats - match.repeats),
    rolledUp: Math.max(0, rolledUp - match.repeats),
  }
}

function rolledUpNow(state: KeyState): Repeated {
  const repeats = state.repeats - state.rolledUp
  state.rolledUp = state.repeats
  return { observable: state.observable, agentId: state.agent.id, agentName: state.agent.name, repeats }
}

function newState({ observable, alert }: Match, until: number): KeyState {
  return { repeats: 0, rolledUp: 0, until, observable: observableKey(observable), agent: alert.agent }
}

/**
 * A held match is no answer to a true one, and a delayed one of a provider that could not be asked is more than was
 * reported without it: each has a window of its own.
 */
function keyOf(match: Match, scope: SuppressConfig['scope']): string {
  const { observable, alert, suppressedBy, indicators } = match
  const providers = [...new Set(indicators.map(({ indicator }) => indicator.provider))].toSorted().join(',')
  const key = `${suppressedBy.length === 0 ? '' : 'held/'}${providers}/${observableKey(observable)}`
  return scope === 'observable' ? key : `${realmOf(alert)}/${alert.agent.id}/${alert.agent.name}/${key}`
}

/** Within it the id of an agent is that of one agent: the cluster, else the manager. An agent may move from node to node. */
function realmOf({ body, manager }: Match['alert']): string {
  const { cluster } = body
  const name = isRecord(cluster) ? cluster['name'] : undefined
  return typeof name === 'string' && name !== '' ? `cluster ${name}` : manager
}
