import type { Indicator } from '../../../core/indicator.ts'
import type { Snapshot } from '../../mirror/snapshot.ts'
import { unitOf } from './places.ts'
import { changedAt, ownerOf, type Row } from './rows.ts'
import { createUnits, type Draft, type Units } from './units.ts'
import { createUnmatchable, type Unmatchable } from './unmatchable.ts'

/** A change of one object. */
export type Change =
  { readonly kind: 'put'; readonly row: Row } | { readonly kind: 'remove'; readonly id: string }

/** The indicators of one OpenCTI in a snapshot, unit by unit. All that writes throws STATE_UNWRITABLE, and changes nothing then. */
export interface Content {
  /** Objects with a pattern that can match. */
  readonly objects: number
  /** Values that found no room since the last full load began. */
  readonly leftOut: number
  readonly unmatchable: Unmatchable
  /** A unit was on the disk at a restart, with what belongs to these objects: what lies where is known then. */
  remember(unit: string, owners: Iterable<string>): void
  /** Applies changes of objects; gives the units that are different now. An older state than the one held is left out. */
  apply(changes: ReadonlyMap<string, Change>): readonly string[]
  beginLoad(): void
  /** Puts rows in the place of whole units, but for objects in `since`, which the stream changed meanwhile. */
  replace(units: ReadonlyMap<string, readonly Row[]>, since: ReadonlySet<string>): readonly string[]
  /** Removes units that the load did not name. */
  endLoad(named: ReadonlySet<string>, since: ReadonlySet<string>): readonly string[]
}

export interface ContentOptions {
  readonly snapshot: Snapshot
  readonly maxIndicators: number
  readonly now: () => number
  /** What the disk has of a unit is damaged: it counts as empty, and everything has to be loaded again. */
  readonly onDamaged: (unit: string) => void
}

export function createContent(options: ContentOptions): Content {
  const { snapshot, maxIndicators } = options
  const units = createUnits(options)
  const unmatchable = createUnmatchable()
  let leftOut = 0
  const room = (): number => maxIndicators - snapshot.indicators
  const replace: Content['replace'] = (rows, since) => {
    const { drafts, lost } = replaced(rows, since, { units, unmatchable, room: room() })
    leftOut += lost
    return units.write(drafts)
  }
  return {
    get objects() {
      return units.objects()
    },
    get leftOut() {
      return leftOut
    },
    unmatchable,
    remember: units.remember,
    apply: (changes) => {
      const { drafts, lost } = changed(changes, { units, unmatchable, room: room() })
      leftOut += lost
      return units.write(drafts)
    },
    beginLoad: () => {
      leftOut = 0
      unmatchable.begin()
    },
    replace,
    endLoad: (named, since) => {
      unmatchable.end()
      const gone = [...snapshot.units.keys()].filter((unit) => !named.has(unit))
      return replace(new Map(gone.map((unit) => [unit, []])), since)
    },
  }
}

interface Parts {
  readonly units: Units
  readonly unmatchable: Unmatchable
  /** For so many more values. */
  readonly room: number
}

interface Planned {
  readonly drafts: ReadonlyMap<string, Draft>
  /** Values without room. */
  readonly lost: number
}

/** Whole units, but for what the stream changed meanwhile. */
function replaced(
  rows: ReadonlyMap<string, readonly Row[]>,
  since: ReadonlySet<string>,
  { units, unmatchable, room }: Parts,
): Planned {
  const drafts = new Map<string, Draft>()
  let left = room
  let lost = 0
  for (const [unit, all] of rows) {
    const before = units.read(unit)
    const kept = before.filter((one) => since.has(ownerOf(one)))
    const fresh = all
      .filter((row) => !since.has(row.id))
      .flatMap((row) => {
        unmatchable.see(row)
        return row.indicators
      })
    left += before.length - kept.length
    const taken = fresh.slice(0, Math.max(0, left))
    lost += fresh.length - taken.length
    left -= taken.length
    drafts.set(unit, { before, after: [...kept, ...taken] })
  }
  return { drafts, lost }
}

/** Objects one by one, each taken from where it was and put where it belongs. */
function changed(changes: ReadonlyMap<string, Change>, { units, unmatchable, room }: Parts): Planned {
  const drafts = new Map<string, Draft>()
  const draftOf = (unit: string): Draft => {
    const known = drafts.get(unit)
    if (known !== undefined) return known
    const before = units.read(unit)
    const draft = { before, after: [...before] }
    drafts.set(unit, draft)
    return draft
  }
  let left = room
  let lost = 0
  for (const [id, change] of changes) {
    const row = change.kind === 'put' ? change.row : { id }
    const held = units.places.of(id).map(draftOf)
    if (
      isOlder(
        row,
        held.flatMap(({ after }) => after.filter((one) => ownerOf(one) === id)),
      )
    )
      continue
    unmatchable.see(row)
    for (const draft of held) {
      const others = draft.after.filter((one) => ownerOf(one) !== id)
      left += draft.after.length - others.length
      draft.after = others
    }
    if (!('indicators' in row)) continue
    const fits = row.indicators.length <= left
    if (fits) draftOf(unitOf(row.stixId)).after.push(...row.indicators)
    if (fits) left -= row.indicators.length
    else lost += row.indicators.length
  }
  return { drafts, lost }
}

/** Replay of a stream is harmless: what is held may be newer. */
function isOlder(row: Row | { readonly id: string }, held: readonly Indicator[]): boolean {
  if (!('indicators' in row)) return false
  const [first] = row.indicators
  return first !== undefined && held.some((one) => changedAt(one) > changedAt(first))
}
