import { z } from 'zod'
import type { ProcessIdentity } from './process-identity.ts'

const lockFile = z.object({
  pid: z.int().min(1),
  startedAt: z.string(),
  bootId: z.string(),
  host: z.string().default(''),
  pidNamespace: z.string().default(''),
})

/** The content of a lock file; undefined when it is unreadable, as a power failure may leave it. */
export function parseLock(text: string): ProcessIdentity | undefined {
  try {
    return lockFile.safeParse(JSON.parse(text)).data
  } catch {
    return undefined
  }
}
