import { errorText } from '../core/errors.ts'
import type { Clock } from '../core/clock.ts'
import type { Finding, PlatformEvents } from '../telemetry/events/platform.ts'

/** A key that expires, or a role that was changed, is seen within a day. */
const LOOK_EVERY_MS = 86_400_000
/** After a look that found an error: the server may have been down. */
const LOOK_AGAIN_MS = 600_000

export interface LookOptions {
  /** What to know of the server; may reject. */
  readonly inspect: (signal: AbortSignal) => Promise<readonly Finding[]>
  readonly events: Pick<PlatformEvents, 'looked'>
  readonly clock: Clock
}

/**
 * Looks at a platform at start and from time to time; the same is not told twice in a row. Never rejects, and nobody waits
 * for it: a server that is down must not keep alerts from being read. Ends at abort.
 */
export async function lookNowAndThen(
  { inspect, events, clock }: LookOptions,
  signal: AbortSignal,
): Promise<void> {
  let told = new Set<string>()
  while (!signal.aborted) {
    const findings = await inspect(signal).catch((error: unknown) => [troubleOf(error)])
    if (signal.aborted) return
    const before = told
    events.looked(findings.filter(({ text }) => !before.has(text)))
    told = new Set(findings.map(({ text }) => text))
    const failed = findings.some(({ level }) => level === 'error')
    await clock.sleep(failed ? LOOK_AGAIN_MS : LOOK_EVERY_MS, signal)
  }
}

function troubleOf(error: unknown): Finding {
  return { level: 'error', text: errorText(error) }
}
