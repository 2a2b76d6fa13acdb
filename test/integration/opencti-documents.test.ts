import { existsSync, readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import {
  buildSchema,
  Kind,
  parse,
  validate,
  visit,
  type DocumentNode,
  type GraphQLSchema,
  type OperationDefinitionNode,
} from 'graphql'
import { describe, expect, it } from 'vitest'
import { isAtLeast, parseVersion, type OpenCtiVersion } from '../../src/intel/opencti/client/version.ts'

const DOCUMENTS = join(import.meta.dirname, '../../src/intel/opencti/client/documents')
const SCHEMAS = join(import.meta.dirname, '../../../shared/data/opencti/schema')
const present = existsSync(SCHEMAS)

/** Documents that are sent to later releases only, and from which one on. All others must be valid in every release. */
const SINCE: Readonly<Record<string, OpenCtiVersion>> = { ADD_SECURITY_PLATFORM: [6, 7, 0] }

/** OpenCTI's own limits (6.1 and later): root fields of one name in a document, and a depth well below the 20 of GraphQL Armor. */
const MAX_CALLS = { query: 2, mutation: 1, subscription: 0 }
const MAX_DEPTH = 12

interface Document {
  readonly name: string
  readonly ast: DocumentNode
  readonly operations: readonly OperationDefinitionNode[]
}

async function exportedDocuments(): Promise<readonly Document[]> {
  const files = readdirSync(DOCUMENTS).filter((file) => file.endsWith('.ts'))
  const modules = await Promise.all(files.map((file) => import(join(DOCUMENTS, file)) as Promise<object>))
  return modules
    .flatMap((module) => Object.entries(module) as [string, unknown][])
    .map(([name, text]) => {
      const ast = parse(String(text))
      const operations = ast.definitions.filter((node) => node.kind === Kind.OPERATION_DEFINITION)
      return { name, ast, operations }
    })
}

const all = await exportedDocuments()
const documents = all.filter(({ operations }) => operations.length > 0)

/** Fields within fields, those of fragments where they are used. */
function depthOf({ ast, operations: [operation] }: Document): number {
  const fragments = new Map(
    ast.definitions.flatMap((node) =>
      node.kind === Kind.FRAGMENT_DEFINITION ? [[node.name.value, node] as const] : [],
    ),
  )
  let deepest = 0
  const measure = (node: Parameters<typeof visit>[0], above: number): void => {
    let depth = above
    visit(node, {
      Field: {
        enter: () => void (deepest = Math.max(deepest, (depth += 1))),
        leave: () => void (depth -= 1),
      },
      FragmentSpread: ({ name }) => {
        const fragment = fragments.get(name.value)
        if (fragment !== undefined) measure(fragment.selectionSet, depth)
      },
    })
  }
  if (operation !== undefined) measure(operation.selectionSet, 0)
  return deepest
}

describe('the documents sent to OpenCTI', () => {
  it('are found', () => {
    expect(documents.map(({ name }) => name)).toEqual(
      expect.arrayContaining(['ABOUT', 'LOOKUP', 'INDICATORS', 'ADD_SIGHTING', 'ADD_SECURITY_PLATFORM']),
    )
    expect(
      Object.keys(SINCE).filter((name) => !documents.some((document) => document.name === name)),
    ).toEqual([])
  })

  it.each(all.map((document) => [document.name, document] as const))(
    '%s is one operation with a name, or fragments that the others use',
    (_name, { ast, operations }) => {
      expect(operations.length).toBeLessThanOrEqual(1)
      const isNamed = /^[A-Z]\w+$/.test(operations[0]?.name?.value ?? '')
      expect(isNamed || ast.definitions.every(({ kind }) => kind === Kind.FRAGMENT_DEFINITION)).toBe(true)
    },
  )

  it.each(documents.map((document) => [document.name, document] as const))(
    '%s keeps to the limits on calls and depth',
    (_name, document) => {
      const [operation] = document.operations
      const calls = (operation?.selectionSet.selections ?? []).map((node) =>
        node.kind === Kind.FIELD ? node.name.value : '',
      )
      const most = Math.max(...calls.map((name) => calls.filter((other) => other === name).length))
      expect(most).toBeLessThanOrEqual(MAX_CALLS[operation?.operation ?? 'subscription'])
      expect(depthOf(document)).toBeGreaterThan(0)
      expect(depthOf(document)).toBeLessThanOrEqual(MAX_DEPTH)
    },
  )
})

it('has the schemas of real releases beside the checkout', (context) => {
  context.skip(!present, 'the folder shared/data/opencti/schema is absent: no document is validated')
  expect(present).toBe(true)
})

describe.skipIf(!present)('against the schema of OpenCTI', () => {
  const releases = (present ? readdirSync(SCHEMAS) : []).flatMap((file) => {
    const release = /^opencti-(.+)\.graphql$/.exec(file)?.[1]
    return release === undefined ? [] : [release]
  })

  it('five releases are there', () => {
    expect(releases).toHaveLength(5)
  })

  describe.each(releases)('%s', (release) => {
    let schema: GraphQLSchema | undefined
    const ofRelease = (): GraphQLSchema =>
      (schema ??= buildSchema(readFileSync(join(SCHEMAS, `opencti-${release}.graphql`), 'utf8'), {
        assumeValid: true,
      }))
    const version = parseVersion(release) ?? [0, 0, 0]

    it.each(documents.map((document) => [document.name, document] as const))(
      '%s is valid, or not there yet',
      (name, { ast }) => {
        const errors = validate(ofRelease(), ast).map(({ message }) => message)
        const isSent = isAtLeast(version, SINCE[name] ?? [0, 0, 0])
        // In a release before it must be invalid, or the table has one that need not be in it.
        expect(isSent ? errors : []).toEqual([])
        expect(errors.length === 0).toBe(isSent)
      },
    )
  })
})
