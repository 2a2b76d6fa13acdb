import { readContent, type ListContent } from '../../src/intel/warninglists/list-content.ts'
import { makeList, type ListOrigin, type WarningList } from '../../src/intel/warninglists/list.ts'

export interface ListParts {
  readonly name?: string
  readonly type?: string
  readonly list: readonly unknown[] | Readonly<Record<string, unknown>>
  readonly matching_attributes?: readonly string[]
  readonly category?: string
  readonly default?: boolean
}

/** Throws when it is no list. */
export function contentOf(json: unknown): ListContent {
  const read = readContent(json)
  if (read.kind === 'other') throw new Error(read.problem)
  return read.content
}

/** A list of the shape of the public collection around what a test cares about. */
export function listOf(parts: ListParts, origin: ListOrigin = {}): Promise<WarningList> {
  const json = { name: 'test', type: 'string', version: 1, description: '', ...parts }
  return makeList(contentOf(json), origin, new AbortController().signal)
}
