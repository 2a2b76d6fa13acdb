import type { Finding } from '../check/finding.ts'

/** What one look gave, one plain sentence each. A warning and a failure always say what to do. */
export type Result =
  | { readonly status: 'ok' | 'skipped'; readonly about?: string; readonly seen: string }
  | {
      readonly status: 'warn' | 'fail'
      readonly about?: string
      readonly seen: string
      readonly todo: string
      /** Where another page than that of the check tells more. */
      readonly page?: string
    }

export type Results = readonly Result[]

function named(about: string | undefined): { readonly about?: string } {
  return about === undefined ? {} : { about }
}

export function ok(seen: string, about?: string): Result {
  return { status: 'ok', seen, ...named(about) }
}

/** `why` it was not looked at. */
export function skipped(why: string, about?: string): Result {
  return { status: 'skipped', seen: why, ...named(about) }
}

export function warn(seen: string, todo: string, about?: string): Result {
  return { status: 'warn', seen, todo, ...named(about) }
}

export function fail(seen: string, todo: string, about?: string): Result {
  return { status: 'fail', seen, todo, ...named(about) }
}

const LEVELS = { ok: 'ok', warning: 'warn', error: 'fail' } as const

/** What `tripline check` finds, too. */
export function resultOf({ level, subject, text, hint = 'See the page named here.' }: Finding): Result {
  const status = LEVELS[level]
  return status === 'ok' ? ok(text, subject) : { status, about: subject, seen: text, todo: hint }
}
