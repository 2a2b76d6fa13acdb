import { AppError, errorText } from '../core/errors.ts'
import { explain, overlaidAt, type Origins } from './diagnostics.ts'
import { readTextFile, type ReadFile } from './files.ts'
import { applyEnvironment } from './overlay.ts'
import { renderProblems, type ConfigWarning, type Problem } from './problem.ts'
import { readEnvironment, type Environment } from './read-environment.ts'
import { settingsSchema, type Config } from './schema.ts'
import { resolveSecretFiles } from './secret-files.ts'
import { valueAt, type Path } from './tree.ts'
import { parseYamlFile, type YamlFile } from './yaml-file.ts'

/** Thousands of lines; more is some other file, and would only take memory. */
export const MAX_CONFIG_BYTES = 1024 * 1024

export interface LoadOptions {
  /** The file given on the command line; wins over TRIPLINE_CONFIG. Without either, no file is read. */
  readonly file?: string
  readonly env: Environment
  readonly readFile?: ReadFile
}

export interface LoadedConfig {
  readonly config: Config
  readonly warnings: readonly ConfigWarning[]
  /** Where the value at a path came from, `tripline.yaml:4` or `MISP_URL`; undefined for a default. */
  readonly originOf: (path: Path) => string | undefined
}

/**
 * Defaults, then the file, then the environment. Throws AppError: CONFIG_UNREADABLE when the file cannot be read,
 * SECRET_UNREADABLE when a secret cannot and all else is well, CONFIG_INVALID otherwise; the message is the
 * rendered list of all problems and holds no secret.
 */
export async function loadConfig(options: LoadOptions): Promise<LoadedConfig> {
  const { env, readFile = readTextFile } = options
  const environment = await readEnvironment(env, readFile)
  const yaml = await readYaml(options, readFile)
  if (yaml !== undefined && yaml.problems.length > 0)
    throw invalid([...environment.problems, ...yaml.problems])

  const overlay = applyEnvironment(yaml?.tree ?? {}, environment.given)
  const secretProblems = await resolveSecretFiles(overlay.tree, yaml, readFile)
  const parsed = settingsSchema.safeParse(overlay.tree)
  const origins: Origins = { overlay, env, yaml }
  const problems = [
    ...environment.problems,
    ...overlay.problems,
    ...secretProblems,
    ...explain(parsed.error?.issues ?? [], origins),
  ]
  if (problems.length > 0 || !parsed.success) throw invalid(problems)

  return {
    config: parsed.data,
    warnings: [...environment.warnings, ...overlay.warnings],
    originOf: (path) => originOf(path, origins),
  }
}

async function readYaml({ file, env }: LoadOptions, readFile: ReadFile): Promise<YamlFile | undefined> {
  const variable = env['TRIPLINE_CONFIG']?.trim() ?? ''
  const path = file ?? variable
  if (path === '') return undefined
  const text = await readFile(path, MAX_CONFIG_BYTES).catch((error: unknown) => {
    const from = file === undefined ? 'TRIPLINE_CONFIG: ' : ''
    throw new AppError(
      'CONFIG_UNREADABLE',
      `${from}cannot read the configuration ${path}: ${errorText(error)}`,
      {
        cause: error,
        hint: 'Check the path and that this user may read it; `tripline config --example` prints a file to begin with.',
      },
    )
  })
  // Of comments alone it may be, as the example is; a file that was cut off must not mean that nothing is looked for.
  if (text.trim() === '')
    throw new AppError('CONFIG_INVALID', `the configuration ${path} is empty`, {
      hint: '`tripline config --example` prints a file to begin with.',
    })
  return parseYamlFile(path, text)
}

function invalid(problems: readonly Problem[]): AppError {
  const onlySecrets = problems.length > 0 && problems.every(({ secret }) => secret === true)
  return onlySecrets
    ? new AppError('SECRET_UNREADABLE', renderProblems(problems), {
        hint: 'Check the path and that this user may read the file.',
      })
    : new AppError('CONFIG_INVALID', renderProblems(problems), {
        hint: 'All settings are in docs/configuration.md; `tripline config --example` prints them too.',
      })
}

function originOf(path: Path, { overlay, yaml }: Origins): string | undefined {
  const variable = overlaidAt(path, overlay)
  if (variable !== undefined) return variable.given.name
  const key = path.at(-1)
  const written = [path, [...path.slice(0, -1), `${key}File`]].find(
    (item) => valueAt(yaml?.tree, item) !== undefined,
  )
  const place = written === undefined ? undefined : yaml?.keyPlace(written)
  return place === undefined ? undefined : `${place.file}:${place.line}`
}
