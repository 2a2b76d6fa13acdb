import { runIntegration } from '../app/integration.ts'
import { systemClock } from '../core/clock.ts'
import { createLogger } from '../telemetry/logger.ts'
import { createMetrics } from '../telemetry/registry.ts'
import type { Telemetry } from '../telemetry/telemetry.ts'
import { EXIT, type CommandIo } from './io.ts'
import { load, quietTelemetry } from './shared.ts'

export interface IntegrationOptions {
  readonly config?: string
  readonly name: string
  readonly timeout: number
}

/** `rest` is what Wazuh passes beside the file. */
export async function integrate(
  { alertFile, rest }: { readonly alertFile: string; readonly rest: readonly string[] },
  options: IntegrationOptions,
  io: CommandIo,
): Promise<void> {
  const { config } = await load(options.config, io)
  const telemetry = rest.includes('debug') ? debugTelemetry(io) : quietTelemetry(io)
  const parts = { config, telemetry, stdout: io.stdout, version: io.version }
  const { told, late } = await runIntegration(parts, {
    alertFile,
    name: options.name,
    timeoutMs: options.timeout,
    signal: io.signal,
  })
  if (!told) io.setExitCode(EXIT.failure)
  if (late) io.abandon()
}

/** Every line, with its time: what the debug log of the script that ran this is for. */
function debugTelemetry({ stderr }: CommandIo): Telemetry {
  const destination = { write: (line: string) => void stderr.write(line) }
  return {
    logger: createLogger({ level: 'debug', destination }),
    metrics: createMetrics(),
    clock: systemClock,
  }
}
