import type { Indicator } from '../core/indicator.ts'
import type { PolicyConfig } from './config.ts'

/**
 * Whether OpenCTI revoked an indicator because its time was over, and no person did: its expiration manager revokes what passes
 * `valid_until` (5.12 to 7.260817), so the last change then lies after it. A person who revokes an expired indicator once more
 * cannot be told from that.
 */
export function isRevokedByTime({ revoked, validUntil, context }: Indicator): boolean {
  const changed = context?.indicator.updated_at
  if (revoked !== true || validUntil === undefined || changed === undefined) return false
  return Date.parse(changed) >= validUntil
}

/** OpenCTI's flag is false unless somebody sets it, MISP's is a statement. */
export function isNotForDetection(
  { detection, context }: Indicator,
  { requireDetection, opencti }: Pick<PolicyConfig, 'requireDetection' | 'opencti'>,
): boolean {
  return detection === false && (context === undefined ? requireDetection : opencti.requireDetection)
}

/** `Unknown` is what OpenCTI writes for patterns it cannot tell. */
export function isOfOtherType({ context }: Indicator, types: readonly string[]): boolean {
  const type = context?.indicator.x_opencti_main_observable_type
  if (types.length === 0 || type === undefined || type === 'Unknown') return false
  return !types.some((wanted) => wanted.toLowerCase() === type.toLowerCase())
}
