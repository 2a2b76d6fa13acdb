import type { Hello, LookUpAnswer, MatchRow, Tick } from './wire.ts'

/** What the daemon sends has the shape that was compiled with it: both come from one build. */

export function readHello(text: string): Hello {
  return JSON.parse(text) as Hello
}

export function readTick(text: string): Tick {
  return JSON.parse(text) as Tick
}

export function readMatches(text: string): readonly MatchRow[] {
  return JSON.parse(text) as readonly MatchRow[]
}

export function readAnswers(text: string): readonly LookUpAnswer[] {
  return JSON.parse(text) as readonly LookUpAnswer[]
}

/** The text of `{"error": "…"}`. */
export function readError(text: string): string {
  try {
    const value = JSON.parse(text) as { readonly error?: unknown }
    return typeof value.error === 'string' ? value.error : text
  } catch {
    return text
  }
}
