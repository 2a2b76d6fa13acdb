import type { Writable } from 'node:stream'
import type { LoadedConfig } from '../../config/load.ts'
import type { Config } from '../../config/schema.ts'
import type { Clock } from '../../core/clock.ts'
import type { AppError } from '../../core/errors.ts'
import type { Access } from './access.ts'
import { skipped, type Results } from './result.ts'
import type { Unit } from './unit.ts'
import type { WazuhHome } from './wazuh-home.ts'

/** How the configuration was found. */
export type ConfigurationFound =
  | {
      readonly kind: 'loaded'
      readonly loaded: LoadedConfig
      /** Absent where variables alone are the configuration. */
      readonly file?: string
      /** Files that secrets were read from. */
      readonly secretFiles: readonly string[]
    }
  | { readonly kind: 'refused'; readonly error: AppError }
  /** Neither a file nor a variable. */
  | { readonly kind: 'missing' }

export interface DoctorContext {
  readonly version: string
  readonly clock: Clock
  readonly env: Readonly<Record<string, string | undefined>>
  readonly configuration: ConfigurationFound
  readonly access: Access
  /** What went wrong where access for another user was wanted. */
  readonly accessProblem?: string
  /** Tripline's unit of systemd, where there is one. */
  readonly unit: Unit | undefined
  readonly wazuh: WazuhHome
  /** Whether a test event may be sent into Wazuh. */
  readonly throughWazuh: boolean
  /** Where the self test writes what would go to standard output. */
  readonly stdout: Writable
}

export interface ConfiguredContext extends DoctorContext {
  readonly config: Config
}

export type Look = (context: DoctorContext, signal: AbortSignal) => Promise<Results> | Results

export function configOf({ configuration }: DoctorContext): Config | undefined {
  return configuration.kind === 'loaded' ? configuration.loaded.config : undefined
}

/** A look that needs the configuration: skipped, and said so, without one. */
export function configured(
  look: (context: ConfiguredContext, signal: AbortSignal) => Promise<Results> | Results,
): Look {
  return (context, signal) => {
    const config = configOf(context)
    if (config === undefined) return [skipped('needs a configuration that loads')]
    return look({ ...context, config }, signal)
  }
}
