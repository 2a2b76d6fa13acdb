import type { DocumentNode, FieldNode, SelectionSetNode } from 'graphql'
import { GraphQLError, Kind } from 'graphql'

/** The same root field twice in a query, once in a mutation (`app:graphql:batching_protection`). Fragments count. */
const LIMITS = { query: 2, mutation: 1, subscription: 1 } as const
const PARENTS = { query: 'Query', mutation: 'Mutation', subscription: 'Subscription' } as const

export function aliasLimit(document: DocumentNode): readonly GraphQLError[] {
  const errors: GraphQLError[] = []
  for (const definition of document.definitions) {
    if (definition.kind !== Kind.OPERATION_DEFINITION) continue
    const { operation } = definition
    const calls = new Map<string, FieldNode[]>()
    for (const field of rootFields(document, definition.selectionSet)) {
      const known = calls.get(field.name.value) ?? []
      calls.set(field.name.value, [...known, field])
    }
    for (const [name, fields] of calls) {
      const excess = fields[LIMITS[operation]]
      if (excess === undefined) continue
      const what = `${PARENTS[operation]}->${name}`
      const message = `Allowed number of calls for ${what} has been exceeded (max: ${LIMITS[operation]})`
      errors.push(new GraphQLError(message, { nodes: excess }))
    }
  }
  return errors
}

function rootFields(document: DocumentNode, { selections }: SelectionSetNode): readonly FieldNode[] {
  return selections.flatMap((selection): readonly FieldNode[] => {
    if (selection.kind === Kind.FIELD) return [selection]
    if (selection.kind === Kind.INLINE_FRAGMENT) return rootFields(document, selection.selectionSet)
    const fragment = document.definitions.find(
      (each) => each.kind === Kind.FRAGMENT_DEFINITION && each.name.value === selection.name.value,
    )
    return fragment?.kind === Kind.FRAGMENT_DEFINITION ? rootFields(document, fragment.selectionSet) : []
  })
}
