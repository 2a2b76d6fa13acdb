import { MATCH_KINDS } from '../../core/match.ts'
import type { Told } from './told.ts'

/**
 * Which of several indicators is told first, as the script orders them: not revoked, for detection, the higher score, the
 * higher confidence, not expired. What is not stated counts as 0, or as no.
 */
export function byRank(one: Told, other: Told): number {
  const theirs = rankOf(other)
  const [decisive = 0] = rankOf(one)
    .map((mine, place) => mine - (theirs[place] ?? 0))
    .filter((difference) => difference !== 0)
  return decisive
}

function rankOf({ context, match }: Told): readonly number[] {
  const { revoked, x_opencti_detection, x_opencti_score, confidence, valid_until } = context.indicator
  return [
    revoked === true ? 1 : 0,
    x_opencti_detection === true ? 0 : 1,
    -(x_opencti_score ?? 0),
    -(confidence ?? 0),
    // A time without zone would be read in that of the host: OpenCTI writes UTC, with a Z.
    Date.parse(valid_until ?? '') <= match.matchedAt ? 1 : 0,
  ]
}

/** How strongly an indicator applies: the stronger first. */
export function byKind(one: Told, other: Told): number {
  return MATCH_KINDS.indexOf(one.entry.kind) - MATCH_KINDS.indexOf(other.entry.kind)
}
