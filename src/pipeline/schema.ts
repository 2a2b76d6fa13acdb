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

/** An observable that a provider could not be asked for. */
export interface PendingQuestion {
  readonly observable: Observable
  /** The alert names the host of this URL by itself: see `isHostNamed`. */
  readonly hostNamed: boolean
}

const question = z.object({ observable, hostNamed: z.boolean() }) satisfies z.ZodType<PendingQuestion>

const questions = z.array(z.array(question).min(1))

/** The open questions of some alerts, in order. Throws when the text is none: the file may be damaged or another version's. */
export function parseQuestions(json: string): readonly (readonly PendingQuestion[])[] {
  return questions.parse(JSON.parse(json))
}

/** An alert as one line of JSON. */
export function alertText(each: Alert): string {
  return JSON.stringify({ ...each, digest: each.digest.toString() })
}

/** Throws when the text is no alert. */
export function parseAlertText(json: string): Alert {
  return alert.parse(JSON.parse(json))
}
