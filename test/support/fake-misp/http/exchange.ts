import type { IncomingHttpHeaders } from 'node:http'
import type { Instance } from '../instance.ts'
import type { User } from './users.ts'

/** A request that was let in, ready for its endpoint. */
export interface Exchange {
  readonly instance: Instance
  readonly user: User
  readonly method: string
  readonly headers: IncomingHttpHeaders
  /** The path as errors show it: without base path, query and doubled slashes. */
  readonly url: string
  /** What stands after `/controller/action`, decoded; without `name:value` parts. */
  readonly args: readonly string[]
  /** The `name:value` parts. `;` stands for `:` in values. */
  readonly named: Readonly<Record<string, string>>
  /** JSON or form data; undefined when there was none, or none that the server reads. */
  readonly body: unknown
}
