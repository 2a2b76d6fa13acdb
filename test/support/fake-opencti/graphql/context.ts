import type { Instance } from '../instance.ts'
import type { User } from '../users.ts'
import type { ErrorCode } from './errors.ts'

/** What the fields of one request are resolved with. */
export interface Context {
  readonly instance: Instance
  readonly user: User | undefined
  /** The error that a root field meets, when a fault says so. */
  faultAt(field: string): ErrorCode | undefined
}

export type Args = Readonly<Record<string, unknown>>

/** A field of Query or Mutation. */
export interface RootField {
  /** One of them is enough; none for any user. `public`: without a token, too. */
  readonly needs: readonly string[] | 'public'
  resolve(args: Args, context: Context & { readonly user: User }): unknown
}
