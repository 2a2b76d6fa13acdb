import { z } from 'zod'
import { Secret } from './secret.ts'
import { parseDuration, parseSize } from './units.ts'

/** A duration with its unit (`250ms`, `30s`, `10m`, `24h`, `7d`); parsed to milliseconds. */
export function duration(initial: string) {
  return z
    .string()
    .transform((text, context) => {
      const ms = parseDuration(text)
      if (ms !== undefined) return ms
      context.addIssue({
        code: 'custom',
        message: 'expected a duration with a unit: 250ms, 30s, 10m, 24h, 7d',
      })
      return z.NEVER
    })
    .prefault(initial)
    .meta({ unit: 'duration' })
}

/** A size with its unit (`64KiB`, `8MiB`, `1GiB`); parsed to bytes. */
export function size(initial: string) {
  return z
    .string()
    .transform((text, context) => {
      const bytes = parseSize(text)
      if (bytes !== undefined) return bytes
      context.addIssue({ code: 'custom', message: 'expected a size with a unit: 64KiB, 8MiB, 1GiB' })
      return z.NEVER
    })
    .prefault(initial)
    .meta({ unit: 'size' })
}

/** A secret; give the name of a file that holds it as `<key>File` instead to keep it out of the configuration. */
export function secret() {
  return z
    .union([
      z
        .string()
        .min(1)
        .transform((text) => new Secret(text)),
      z.instanceof(Secret),
    ])
    .meta({ unit: 'secret' })
}
