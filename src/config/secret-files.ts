import { AppError, errorText } from '../core/errors.ts'
import { Secret } from '../core/secret.ts'
import type { ReadFile } from './files.ts'
import type { Problem } from './problem.ts'
import { readSecretFile } from './secret-file.ts'
import { shapeAt } from './shape.ts'
import { isTree, pathText, type Path, type Tree } from './tree.ts'
import type { YamlFile } from './yaml-file.ts'

/** Replaces every `<key>File` of a secret in `tree` with the secret in that file, as `<key>`. Changes `tree`. */
export async function resolveSecretFiles(
  tree: Tree,
  yaml: YamlFile | undefined,
  readFile: ReadFile,
): Promise<readonly Problem[]> {
  const problems: Problem[] = []
  for (const { parent, path, key } of secretFields(tree, [], tree)) {
    const fileKey = `${key}File`
    const file = parent[fileKey]
    // What is no text is left for the schema to report.
    if (file === undefined || typeof file !== 'string' || file === '') continue
    const place = yaml?.keyPlace([...path, fileKey])
    const at = place === undefined ? {} : { place }
    if (parent[key] !== undefined) {
      problems.push({ message: `${pathText(path)}: give \`${key}\` or \`${fileKey}\`, not both`, ...at })
    } else {
      try {
        parent[key] = await readSecretFile(pathText([...path, fileKey]), file, readFile)
      } catch (error) {
        if (!(error instanceof AppError)) throw error
        problems.push({ message: errorText(error), ...at, secret: true })
        // Something stands here, so that it is not reported as missing too.
        parent[key] = new Secret(fileKey)
      }
    }
    delete parent[fileKey]
  }
  return problems
}

interface SecretField {
  readonly parent: Tree
  readonly path: Path
  readonly key: string
}

function secretFields(node: unknown, path: Path, top: Tree): SecretField[] {
  if (Array.isArray(node)) return node.flatMap((item, index) => secretFields(item, [...path, index], top))
  if (!isTree(node)) return []
  const shape = shapeAt(path, top)
  const own =
    shape?.kind === 'object'
      ? shape.fields.filter((field) => field.shape.kind === 'scalar' && field.shape.scalar === 'secret')
      : []
  return [
    ...own.map(({ key }) => ({ parent: node, path, key })),
    ...Object.entries(node).flatMap(([key, value]) => secretFields(value, [...path, key], top)),
  ]
}
