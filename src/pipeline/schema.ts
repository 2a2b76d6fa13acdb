import { z } from 'zod'
import type { Alert } from '../core/alert.ts'
import { EXCLUSIONS, OBSERVABLE_TYPES, type Observable } from '../core/observable.ts'

const text = z.string()

const alert = z.object({
  id: text,
  time: z.number(),
  timestamp: text,
  level: z.number(),
  ruleId: text,
  groups: z.array(text),
  agent: z.object({ id: text, name: text }),
  manager: text,
  node: text,
  location: text,
  origin: z.object({ file: text, offset: z.number() }),
  digest: text.regex(/^\d{1,20}$/).transform(BigInt),
  body: z.record(text, z.unknown()),
}) satisfies z.ZodType<Alert>

const observable = z.object({
  type: z.enum(OBSERVABLE_TYPES),
  value: text,
  where: z.tuple([text], text),
  special: z.enum(EXCLUSIONS).exactOptional(),
}) satisfies z.ZodType<Observable>

const pendingAlert = z.object({
  alert,
  questions: z.array(z.object({ observable, hostNamed: z.boolean() })).min(1),
})

/** An observable that a provider could not be asked for. */
export interface PendingQuestion {
  readonly observable: Observable
  /** The alert names the host of this URL by itself: see `Judged.hostNamed`. */
  readonly hostNamed: boolean
}

/** An alert with what is still unanswered of it. */
export interface PendingAlert {
  readonly alert: Alert
  readonly questions: readonly PendingQuestion[]
}

const chunk = z.array(pendingAlert)

/** Throws when the text is none: the store's file may be damaged or from another version. */
export function parsePendingAlerts(json: string): readonly PendingAlert[] {
  return chunk.parse(JSON.parse(json))
}
