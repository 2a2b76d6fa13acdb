import { readFile, rename, rm, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { z } from 'zod'
import { ERROR_CODES, systemErrorCode, type ErrorCode } from '../../core/errors.ts'
import { isRecord, parseJson } from '../../core/json.ts'

const errorCodes = new Set<string>(Object.keys(ERROR_CODES))
const errorCode = z.custom<ErrorCode>((code) => typeof code === 'string' && errorCodes.has(code))

const unmatchable = z.object({
  reason: z.string(),
  count: z.int().min(0),
  /** Some of them. */
  samples: z.array(z.object({ ref: z.string(), pattern: z.string() })),
})

const mirrorStatus = z.object({
  provider: z.string(),
  mode: z.string(),
  url: z.string(),
  state: z.enum(['empty', 'partial', 'fresh', 'stale']),
  /** Of a MISP. */
  events: z.int().min(0).exactOptional(),
  /** STIX indicators of an OpenCTI; each is one or more of `indicators`. */
  objects: z.int().min(0).exactOptional(),
  indicators: z.int().min(0),
  /** When this was written, milliseconds. */
  at: z.number(),
  staleAfterMs: z.number(),
  lastSuccess: z.number().exactOptional(),
  /** Until when publications are known, Unix seconds of the server. */
  cursor: z.number().exactOptional(),
  /** How changes come from an OpenCTI. */
  follows: z.enum(['stream', 'polling']).exactOptional(),
  leftOut: z.int().min(0),
  skipped: z.int().min(0),
  /** Patterns that one alert cannot decide. */
  unmatchable: z.array(unmatchable).exactOptional(),
  lastError: z.object({ code: errorCode, message: z.string(), at: z.number() }).exactOptional(),
})

/** What a mirror tells other processes about itself. */
export type MirrorStatus = Readonly<z.infer<typeof mirrorStatus>>

/** Undefined when the text is none. */
function parseStatus(json: string): MirrorStatus | undefined {
  const value = parseJson(json)
  return isRecord(value) ? mirrorStatus.safeParse(value).data : undefined
}

/** `<stateDir>/intel-<provider>.json`: what a mirror says about itself, for other processes. */
function statusPath(stateDir: string, provider: string): string {
  return join(stateDir, `intel-${provider}.json`)
}

/** Readers see the old text or the new one. Rejects with the system's error. */
export async function writeStatus(stateDir: string, status: MirrorStatus): Promise<void> {
  const path = statusPath(stateDir, status.provider)
  const draft = `${path}.new`
  try {
    await writeFile(draft, `${JSON.stringify(status)}\n`, { mode: 0o640 })
    await rename(draft, path)
  } catch (error) {
    await rm(draft, { force: true })
    throw error
  }
}

/** Undefined when there is none, or when it is not one of this version. Rejects with the system's error otherwise. */
export async function readStatus(stateDir: string, provider: string): Promise<MirrorStatus | undefined> {
  try {
    return parseStatus(await readFile(statusPath(stateDir, provider), 'utf8'))
  } catch (error) {
    if (systemErrorCode(error) === 'ENOENT') return undefined
    throw error
  }
}
