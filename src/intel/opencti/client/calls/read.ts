import type { z } from 'zod'
import { malformed } from '../answers.ts'
import { connection } from '../schema.ts'

export interface Page<Node> {
  readonly nodes: readonly Node[]
  readonly malformed: number
  /** Undefined on the last page. */
  readonly next?: string
  readonly total?: number
}

/**
 * One page of a connection. A full last page says that there is more, so an empty page is the last whatever it says, and a
 * cursor that is empty is none: sent back it would begin from the start. Throws PROVIDER_MALFORMED when it is no connection.
 */
export function readPage<Node>(value: unknown, node: z.ZodType<Node>): Page<Node> {
  const { data } = connection.safeParse(value)
  if (data === undefined) throw malformed('The answer of OpenCTI lacks a list that was asked for')
  const nodes: Node[] = []
  let broken = 0
  for (const edge of data.edges) {
    const parsed = node.safeParse(nodeOf(edge))
    if (parsed.success) nodes.push(parsed.data)
    else broken += 1
  }
  const { hasNextPage = false, endCursor = '', globalCount } = data.pageInfo ?? {}
  const hasMore = hasNextPage && endCursor !== '' && data.edges.length > 0
  return {
    nodes,
    malformed: broken,
    ...(hasMore ? { next: endCursor } : {}),
    ...(globalCount === undefined ? {} : { total: globalCount }),
  }
}

function nodeOf(edge: unknown): unknown {
  return typeof edge === 'object' && edge !== null && 'node' in edge ? edge.node : undefined
}
