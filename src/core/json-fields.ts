import { isRecord, type JsonObject } from './json.ts'

const EMPTY: JsonObject = {}

/** Empty where there is no object. */
export function recordAt(body: JsonObject, key: string): JsonObject {
  const value = Object.hasOwn(body, key) ? body[key] : undefined
  return isRecord(value) ? value : EMPTY
}

/** Empty where there is no text. */
export function textAt(body: JsonObject, key: string): string {
  const value = Object.hasOwn(body, key) ? body[key] : undefined
  return typeof value === 'string' ? value : ''
}

const NO_TEXTS: readonly string[] = []

/** The texts of a list, without blanks around them; empty ones and what is no text are left out. */
export function textsIn(value: unknown): readonly string[] {
  if (!Array.isArray(value)) return NO_TEXTS
  const texts: string[] = []
  for (const entry of value) {
    const text = typeof entry === 'string' ? entry.trim() : ''
    if (text !== '') texts.push(text)
  }
  return texts
}
