import { isDeepStrictEqual } from 'node:util'
import { AppError } from '../../../core/errors.ts'
import type { Indicator } from '../../../core/indicator.ts'
import type { Snapshot } from '../../mirror/snapshot.ts'
import { createPlaces, type Places } from './places.ts'
import { ownerOf } from './rows.ts'

/** A unit as it is, and as it is to be. */
export interface Draft {
  readonly before: readonly Indicator[]
  after: Indicator[]
}

/** Units of a snapshot, and what lies where in them. */
export interface Units {
  readonly places: Pick<Places, 'of'>
  /** Objects in all units. */
  readonly objects: () => number
  readonly read: (unit: string) => readonly Indicator[]
  /** A unit has what belongs to these objects. */
  readonly remember: (unit: string, owners: Iterable<string>) => void
  /** Writes the drafts in one transaction; gives those that are another content. Throws STATE_UNWRITABLE. */
  readonly write: (drafts: ReadonlyMap<string, Draft>) => readonly string[]
}

export interface UnitsOptions {
  readonly snapshot: Snapshot
  readonly now: () => number
  /** What the disk has of a unit is damaged: it counts as empty. */
  readonly onDamaged: (unit: string) => void
}

export function createUnits({ snapshot, now, onDamaged }: UnitsOptions): Units {
  const places = createPlaces()
  const objectsOf = new Map<string, number>()
  let objects = 0

  function remember(unit: string, all: Iterable<string>): void {
    const owners = new Set(all)
    for (const owner of owners) places.add(owner, unit)
    objects += owners.size - (objectsOf.get(unit) ?? 0)
    objectsOf.set(unit, owners.size)
  }

  return {
    places,
    objects: () => objects,
    read: (unit) => {
      try {
        return [...snapshot.load(unit)].flat()
      } catch (error) {
        if (!(error instanceof AppError) || error.code !== 'PROVIDER_MALFORMED') throw error
        onDamaged(unit)
        return []
      }
    },
    remember,
    write: (drafts) => {
      const changed = changedOf(drafts)
      store(snapshot, changed, now())
      for (const [unit, indicators] of changed) remember(unit, indicators.map(ownerOf))
      return [...changed.keys()]
    },
  }
}

/** Units that stay as they were are not touched: a full load finds most of them so. */
function changedOf(drafts: ReadonlyMap<string, Draft>): ReadonlyMap<string, readonly Indicator[]> {
  const changed = new Map<string, readonly Indicator[]>()
  for (const [unit, { before, after }] of drafts) {
    const sorted = after.toSorted(byRefAndValue)
    if (!isDeepStrictEqual(before, sorted)) changed.set(unit, sorted)
  }
  return changed
}

function store(snapshot: Snapshot, changed: ReadonlyMap<string, readonly Indicator[]>, at: number): void {
  const filled = [...changed].filter(([, indicators]) => indicators.length > 0)
  if (filled.length > 0) {
    const staging = snapshot.stage()
    try {
      for (const [unit, indicators] of filled) staging.add(unit, indicators)
      staging.commit(new Map(filled.map(([unit]) => [unit, at])))
    } catch (error) {
      staging.discard()
      throw error
    }
  }
  const emptied = [...changed].filter(([, indicators]) => indicators.length === 0)
  if (emptied.length > 0) snapshot.change({ remove: emptied.map(([unit]) => unit) })
}

function byRefAndValue(a: Indicator, b: Indicator): number {
  return compare(a.ref, b.ref) || compare(a.type, b.type) || compare(a.value, b.value)
}

function compare(a: string, b: string): number {
  if (a === b) return 0
  return a < b ? -1 : 1
}
