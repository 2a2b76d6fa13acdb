import { setImmediate } from 'node:timers/promises'
import type { IndicatorValue } from '../../canonical/indicator-value.ts'
import { urlHost } from '../../canonical/url.ts'
import type { ObservableType } from '../../core/observable.ts'
import { observablesOf } from './attribute-types.ts'
import type { ListContent } from './list-content.ts'
import { MATCHERS, type Standing } from './matcher.ts'

/** A warning-list, ready to be asked. */
export interface WarningList {
  readonly name: string
  /** Its folder in the public collection, or the name of its file; absent for lists of an instance. */
  readonly folder?: string
  readonly version: string
  /** Made by its users, who said that it means false positives. Lists that come with MISP say that of themselves, all of them. */
  readonly isOwn: boolean
  readonly entries: number
  /** Entries that could not be understood, or were too many. */
  readonly skipped: number
  match(value: IndicatorValue): Standing | undefined
}

export interface ListOrigin {
  readonly folder?: string
}

/** The largest list of the public collection has a million. */
const MAX_ENTRIES = 5_000_000
/** Entries taken in between two turns of the event loop: some 10 ms. */
const BLOCK = 10_000
const BLOCK_OF_PATTERNS = 10

/** Other work runs in between. Rejects with the signal's reason after abort. */
export async function makeList(
  { head, entries }: ListContent,
  { folder }: ListOrigin,
  signal: AbortSignal,
): Promise<WarningList> {
  const types = observablesOf(head.matching_attributes)
  const matcher = MATCHERS[head.type]()
  const block = head.type === 'regex' ? BLOCK_OF_PATTERNS : BLOCK
  let taken = 0
  let skipped = 0
  // What is for user agents or telephone numbers only is never asked about.
  const wanted = types?.size === 0 ? [] : entries
  for (const [index, entry] of wanted.entries()) {
    if (index % block === block - 1) {
      await setImmediate()
      signal.throwIfAborted()
    }
    if (index < MAX_ENTRIES && typeof entry === 'string' && matcher.add(entry.trim())) taken += 1
    else skipped += 1
  }
  matcher.seal()
  // A file says nothing about it; those of the public collection have no category either.
  const cameWithMisp = head.default ?? folder === undefined
  const isHostList = head.type === 'hostname' || head.type === 'cidr'
  const isFor = (type: ObservableType): boolean => types === undefined || types.has(type)
  return {
    name: head.name,
    ...(folder === undefined ? {} : { folder }),
    version: head.version,
    isOwn: head.category === 'false_positive' && !cameWithMisp,
    entries: taken,
    skipped,
    match: (value) => {
      if (value.type !== 'url' || !isHostList) return isFor(value.type) ? matcher.match(value) : undefined
      const host = urlHost(value.value)
      return (isFor('url') || isFor(host.type)) && matcher.match(host) !== undefined ? 'part' : undefined
    },
  }
}
