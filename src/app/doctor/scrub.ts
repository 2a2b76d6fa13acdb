import { Secret } from '../../core/secret.ts'
import { type DoctorContext } from './context.ts'

const REDACTED = '[REDACTED]'
/** Shorter ones are words that stand in any sentence. */
const MIN_LENGTH = 4

/** Takes every secret of the configuration out of a text. No sentence should hold one: this is for the one that does. */
export function createScrub(context: Pick<DoctorContext, 'configuration'>): (text: string) => string {
  const secrets = [...new Set(secretsIn(configured(context)))].filter((text) => text.length >= MIN_LENGTH)
  return (text) => secrets.reduce((left, secret) => left.replaceAll(secret, REDACTED), text)
}

function secretsIn(value: unknown): readonly string[] {
  if (value instanceof Secret) return [value.reveal()]
  if (typeof value !== 'object' || value === null) return []
  return Object.values(value).flatMap(secretsIn)
}

function configured({ configuration }: Pick<DoctorContext, 'configuration'>): unknown {
  return configuration.kind === 'loaded' ? configuration.loaded.config : undefined
}
