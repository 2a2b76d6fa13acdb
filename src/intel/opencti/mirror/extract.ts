import { z } from 'zod'
import { AppError } from '../../../core/errors.ts'
import type { Indicator } from '../../../core/indicator.ts'
import type { OpenCtiIdentity } from '../../../core/opencti.ts'
import { storedIdentity } from '../../mirror/context-schema.ts'
import { ownerOf } from './rows.ts'

/** What a start wants to know of a block of indicators without reading each of them. */
export interface CopyExtract {
  /** Internal ids of the objects they belong to. */
  readonly owners: readonly string[]
  /** Who made them, each once. */
  readonly authors: readonly OpenCtiIdentity[]
}

const copyExtract = z.object({ owners: z.array(z.string()), authors: z.array(storedIdentity) })

export function extractOf(indicators: readonly Indicator[]): CopyExtract {
  const authors = new Map<string, OpenCtiIdentity>()
  for (const { context } of indicators) {
    const author = context?.indicator.createdBy
    if (author?.standard_id !== undefined && !authors.has(author.standard_id))
      authors.set(author.standard_id, author)
  }
  return { owners: [...new Set(indicators.map(ownerOf))], authors: [...authors.values()] }
}

/** Throws PROVIDER_MALFORMED for anything else: the end of objects that nobody knows the place of would not be applied. */
export function parseExtract(extract: unknown): CopyExtract {
  const parsed = copyExtract.safeParse(extract)
  if (parsed.success) return parsed.data
  throw new AppError('PROVIDER_MALFORMED', 'A part of the copy does not say what it holds', {
    cause: parsed.error,
  })
}
