import type { KeyHash } from '../../canonical/key-hash.ts'
import type { ComponentId } from '../../core/indicator.ts'
import type { ChangeSet, IndicatorIndex } from '../../core/ports.ts'
import type { ProbeRange, Probes } from '../../core/probes.ts'
import { mirrorEvents } from '../../telemetry/events/mirror.ts'
import { storeEvents } from '../../telemetry/events/store.ts'
import type { Telemetry } from '../../telemetry/telemetry.ts'
import { ADDRESS_GROUPS } from './address-bits.ts'
import { createBlockStates } from './block-states.ts'
import type { BodyStore } from './bodies.ts'
import { createCleaner } from './cleaning.ts'
import { createContents, EMPTY_UNIT } from './contents.ts'
import { createFind, type FindOptions } from './find.ts'
import { createUnitLoad, type LoadParts, type UnitContent } from './loading.ts'
import { createMirrorIndex, type MirrorIndex } from './mirror-index.ts'

export interface MirrorOptions {
  /** Owned by the mirror from now on: `close` closes it. */
  readonly bodies: BodyStore
  readonly telemetry: Telemetry
  /** Providers that will fill the mirror: counted as 0 until then. */
  readonly providerIds: readonly ComponentId[]
  /** For tests: a weak one makes every kind of collision. */
  readonly hash?: KeyHash
  /** Replaced indicators whose space is not yet given back, at most; also up to a quarter of all. */
  readonly maxDead?: number
}

export interface Mirror extends IndicatorIndex {
  /**
   * Applies one change of a provider: as a whole, in one synchronous step after `load` has ended, or not at all. Call
   * it for one change of a provider at a time; providers may run side by side. Rejects with what `load` threw, with the
   * signal's reason, or with STATE_UNWRITABLE; the unit then has its old content.
   */
  apply(provider: ComponentId, change: ChangeSet, signal: AbortSignal): Promise<void>
  /** Whether anything asked for in a range of probes is there. False: `find` gives nothing for the observables they are of. */
  readonly mayKnow: (probes: Probes, range: ProbeRange) => boolean
  /** Whether the provider has given all it had at start. */
  ready(provider: ComponentId): boolean
  /** Indicators of one provider. */
  count(provider: ComponentId): number
  /** Resolves when no space of old indicators is being given back. */
  idle(): Promise<void>
  close(): Promise<void>
}

const MAX_DEAD = 4096

/** The indicators of all providers: hashes in memory, bodies in `bodies`. */
export function createMirror(options: MirrorOptions): Mirror {
  const { bodies, telemetry, maxDead = MAX_DEAD } = options
  const events = mirrorEvents(telemetry)
  const states = createBlockStates()
  const index = createMirrorIndex(states, options.hash)
  const parts = { index, states, bodies }
  const contents = createContents()
  const ready = new Set<ComponentId>()
  const cleaner = createCleaner({
    ...parts,
    events,
    tolerated: () => Math.max(maxDead, contents.total() / 4),
  })
  for (const provider of options.providerIds) events.counted(provider, 0)

  /** Synchronous: no `find` can come between the old content and the new. */
  function swap(provider: ComponentId, unit: string, next: UnitContent): void {
    states.set(next.blocks, 'live')
    cleaner.bury(contents.exchange(provider, unit, next))
    events.counted(provider, contents.count(provider))
    events.unitChanged(provider, unit, next.indicators)
  }

  return {
    get size() {
      return contents.total()
    },
    find: createFind({ index, body: countingLost(bodies, telemetry) }),
    mayKnow: createMayKnow(index),
    apply: async (provider, change, signal) => {
      if (change.kind === 'ready') ready.add(provider)
      else if (change.kind === 'remove') swap(provider, change.unit, EMPTY_UNIT)
      else swap(provider, change.unit, await load({ ...parts, discard: cleaner.discard }, change, signal))
    },
    ready: (provider) => ready.has(provider),
    count: contents.count,
    idle: () => cleaner.idle(),
    close: async () => {
      await cleaner.idle()
      await bodies.close()
    },
  }
}

interface Loader extends LoadParts {
  /** Takes what was written when loading fails. */
  readonly discard: (written: UnitContent) => void
}

function createMayKnow(index: MirrorIndex): Mirror['mayKnow'] {
  return ({ keys, addresses }, range) => {
    for (let at = range.keys[0]; at < range.keys[1]; at += 2)
      if (index.hasKey(keys[at] ?? 0, keys[at + 1] ?? 0)) return true
    for (let at = range.addresses[0]; at < range.addresses[1];) {
      const family = addresses[at] === 4 ? 'ipv4' : 'ipv6'
      const end = at + 1 + ADDRESS_GROUPS[family]
      if (index.isCovered(family, addresses.subarray(at + 1, end))) return true
      at = end
    }
    return false
  }
}

async function load(
  { discard, ...parts }: Loader,
  change: Extract<ChangeSet, { kind: 'replace' }>,
  signal: AbortSignal,
): Promise<UnitContent> {
  const unit = createUnitLoad(parts)
  try {
    for await (const indicators of change.load(signal)) {
      signal.throwIfAborted()
      await unit.add(indicators)
    }
    signal.throwIfAborted()
  } catch (error) {
    discard(unit.written())
    throw error
  }
  return unit.written()
}

function countingLost(bodies: BodyStore, telemetry: Telemetry): FindOptions['body'] {
  const events = storeEvents(telemetry)
  return (ordinal) => {
    const indicator = bodies.get(ordinal)
    if (indicator === undefined) events.bodyLost(ordinal)
    return indicator
  }
}
