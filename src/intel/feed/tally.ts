import type { FeedOutcome } from '../../telemetry/events/feed.ts'
import { REFUSALS } from '../stix/refusal.ts'

/** Why an entry, or a part of one, gave no indicator: metric label and the sentence people read. */
export const SKIP_REASONS = {
  not_a_value: 'not an address, name, URL, e-mail address or hash',
  network_too_wide: 'the network is too wide to be an indicator (IPv4 /8, IPv6 /16 at most)',
  too_long: 'the line is longer than 65,536 characters',
  malformed: 'the entry is not built as this format says',
  unsupported_type: 'this type is nothing Tripline looks for',
  unsupported_pattern: 'the pattern is in another language than STIX',
  not_a_pattern: REFUSALS['not-a-pattern'],
  pattern_too_complex: REFUSALS['too-complex'],
  pattern_several_observations: REFUSALS['several-observations'],
  pattern_qualifier: REFUSALS.qualifier,
  pattern_reference: REFUSALS.reference,
  pattern_unknown_property: REFUSALS['unknown-property'],
  pattern_unsafe_regex: REFUSALS['unsafe-regex'],
  bad_date: 'the date is unreadable and was ignored',
} as const satisfies Record<string, string>

export type SkipReason = keyof typeof SKIP_REASONS

/** One entry that was not understood: where (a line number, or a path inside a JSON file) and why. */
export interface Skip {
  readonly at: string
  readonly reason: SkipReason
}

/** What became of one file's entries. */
export interface TallyReport {
  readonly loaded: number
  readonly skipped: Readonly<Partial<Record<SkipReason, number>>>
  /** The first few skips that a person can do something about. */
  readonly samples: readonly Skip[]
}

export interface Tally {
  loaded(count: number): void
  skip(reason: SkipReason, at: number | string): void
  /** The format is what it should be, even if no value comes of it. */
  understood(): void
  report(): TallyReport
  /** The content is of another kind than any feed: it is not even a bad entry. */
  foreign(): void
  /** True when there was content and none of it was understood: this is no feed, or not of this format. */
  nothingUnderstood(): boolean
}

const MAX_SAMPLES = 5
/** Parts of a well-understood whole: a MISP event is full of comments and file names. Counted, not pointed at. */
const EXPECTED: ReadonlySet<SkipReason> = new Set<SkipReason>(['unsupported_type'])
const UNDERSTOOD: ReadonlySet<SkipReason> = new Set<SkipReason>([
  'unsupported_type',
  'unsupported_pattern',
  'not_a_pattern',
  'pattern_too_complex',
  'pattern_several_observations',
  'pattern_qualifier',
  'pattern_reference',
  'pattern_unknown_property',
  'pattern_unsafe_regex',
  'network_too_wide',
])

export function createTally(): Tally {
  let loaded = 0
  const skipped: Partial<Record<SkipReason, number>> = {}
  const samples: Skip[] = []
  let understood = false
  let foreign = false
  return {
    loaded: (count) => {
      loaded += count
    },
    skip: (reason, at) => {
      skipped[reason] = (skipped[reason] ?? 0) + 1
      understood ||= UNDERSTOOD.has(reason)
      if (samples.length < MAX_SAMPLES && !EXPECTED.has(reason)) samples.push({ at: String(at), reason })
    },
    understood: () => {
      understood = true
    },
    foreign: () => {
      foreign = true
    },
    report: () => ({ loaded, skipped: { ...skipped }, samples: [...samples] }),
    nothingUnderstood: () => loaded === 0 && !understood && (foreign || Object.keys(skipped).length > 0),
  }
}

/** The tally as events and people read it: places as `feeds/bad.txt:17`, reasons as sentences. */
export function outcomeOf(tally: Tally, path: string, ms: number): FeedOutcome {
  const { loaded, skipped, samples } = tally.report()
  return {
    loaded,
    skipped,
    samples: samples.map(({ at, reason }) => ({ at: `${path}:${at}`, problem: SKIP_REASONS[reason] })),
    ms,
  }
}
