import type { Clock } from '../../core/clock.ts'
import { AppError } from '../../core/errors.ts'
import type { MispConfig } from '../../intel/misp/config.ts'
import { inspectMisp } from '../../intel/misp/inspect.ts'
import type { OpenCtiConfig } from '../../intel/opencti/config.ts'
import { inspectOpenCti } from '../../intel/opencti/inspect.ts'
import { createLogger } from '../../telemetry/logger.ts'
import { createMetrics } from '../../telemetry/registry.ts'
import type { Telemetry } from '../../telemetry/telemetry.ts'
import type { Finding } from './finding.ts'

/** Tells nobody, and counts for itself. */
export function silentTelemetry(clock: Clock): Telemetry {
  return { logger: createLogger({ level: 'silent' }), metrics: createMetrics(), clock }
}

/** The daemon logs the same sentences when it starts. Rejects with INTERNAL after abort. */
export async function platformFindings(
  id: string,
  config: MispConfig | OpenCtiConfig,
  { clock, signal }: { readonly clock: Clock; readonly signal: AbortSignal },
): Promise<readonly Finding[]> {
  const telemetry = silentTelemetry(clock)
  try {
    const found = await (config.type === 'misp'
      ? inspectMisp({ provider: id, config, telemetry, signal })
      : inspectOpenCti({ provider: id, config, telemetry, signal }))
    return found.map((finding) => ({ subject: `providers.${id}`, ...finding }))
  } catch (cause) {
    if (signal.aborted) throw new AppError('INTERNAL', 'Interrupted while asking a provider', { cause })
    throw cause
  }
}
