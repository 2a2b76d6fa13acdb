import { AppError, errorText } from '../core/errors.ts'
import { Secret } from '../core/secret.ts'
import { ENVIRONMENT, type EnvironmentVariable } from './environment.ts'
import type { ReadFile } from './files.ts'
import { nearest } from './nearest.ts'
import type { ConfigWarning, Problem } from './problem.ts'
import { shown } from './redact.ts'
import { readSecretFile } from './secret-file.ts'

export type Environment = Readonly<Record<string, string | undefined>>

/** A variable that is set, and what it says. */
export interface GivenVariable {
  readonly variable: EnvironmentVariable
  /** The name it was given under: for a secret perhaps `<name>_FILE`. */
  readonly name: string
  readonly value: unknown
}

export interface ReadEnvironment {
  readonly given: readonly GivenVariable[]
  readonly problems: readonly Problem[]
  readonly warnings: readonly ConfigWarning[]
}

/** Kubernetes and Docker set these for a service called `tripline…` («Service discovery», «legacy container links»). */
const SERVICE_VARIABLE =
  /^TRIPLINE(?:_[A-Z0-9_]+?)?_(?:SERVICE_HOST|SERVICE_PORT(?:_[A-Z0-9_]+)?|PORT(?:_\d+_(?:TCP|UDP|SCTP)(?:_(?:PROTO|PORT|ADDR))?)?)$/

/** Reads every variable of the table. An empty variable is one that is not set. Never throws. */
export async function readEnvironment(env: Environment, readFile: ReadFile): Promise<ReadEnvironment> {
  const given: GivenVariable[] = []
  const warnings: ConfigWarning[] = []
  const problems: Problem[] = unknownVariables(env)
  for (const variable of ENVIRONMENT) {
    const winner = variable.yieldsTo
    const outcome = await readVariable(variable, env, readFile)
    if (outcome === undefined) continue
    if ('message' in outcome) {
      problems.push(outcome)
      // Something stands for an unreadable secret, so that it is not reported as missing too.
      if (variable.secret === true)
        given.push({ variable, name: variable.name, value: new Secret(variable.name) })
    } else if (winner !== undefined && isSet(env, winner))
      warnings.push({ setting: variable.name, message: `has no effect beside ${winner}` })
    else given.push(outcome)
  }
  return { given, problems, warnings }
}

async function readVariable(
  variable: EnvironmentVariable,
  env: Environment,
  readFile: ReadFile,
): Promise<GivenVariable | Problem | undefined> {
  const { name } = variable
  if (variable.secret === true) return readSecretVariable(variable, env, readFile)
  const text = env[name]?.trim() ?? ''
  if (text === '') return undefined
  const reading = variable.read(text)
  if (reading.ok) return { variable, name, value: reading.value }
  return { message: `${name}: got ${shown(text)}; expected ${reading.expected}` }
}

async function readSecretVariable(
  variable: EnvironmentVariable,
  env: Environment,
  readFile: ReadFile,
): Promise<GivenVariable | Problem | undefined> {
  const fileVariable = `${variable.name}_FILE`
  const text = env[variable.name]?.trim() ?? ''
  const file = env[fileVariable]?.trim() ?? ''
  if (text !== '' && file !== '')
    return { message: `${variable.name} and ${fileVariable} are both set; unset one of them` }
  if (text !== '') return { variable, name: variable.name, value: new Secret(text) }
  if (file === '') return undefined
  try {
    return { variable, name: fileVariable, value: await readSecretFile(fileVariable, file, readFile) }
  } catch (error) {
    if (!(error instanceof AppError)) throw error
    return { message: errorText(error), secret: true }
  }
}

function unknownVariables(env: Environment): Problem[] {
  const known = new Set(
    ENVIRONMENT.flatMap(({ name, secret }) => (secret === true ? [name, `${name}_FILE`] : [name])),
  )
  return Object.keys(env)
    .filter((name) => name.startsWith('TRIPLINE_') && !known.has(name) && !SERVICE_VARIABLE.test(name))
    .map((name) => {
      const own = [...known].filter((candidate) => candidate.startsWith('TRIPLINE_'))
      const meant = nearest(name, own)
      const advice = meant === undefined ? `known are: ${own.join(', ')}` : `did you mean ${meant}?`
      return { message: `${name}: unknown environment variable; ${advice}` }
    })
}

function isSet(env: Environment, name: string): boolean {
  return (env[name]?.trim() ?? '') !== ''
}
