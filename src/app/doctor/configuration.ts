import { stat } from 'node:fs/promises'
import { loadConfig, MAX_CONFIG_BYTES } from '../../config/load.ts'
import { holdsSecret } from '../../config/redact.ts'
import { readTextFile } from '../../config/files.ts'
import { readEnvironment } from '../../config/read-environment.ts'
import { createPolicy } from '../../pipeline/policy.ts'
import { AppError } from '../../core/errors.ts'
import { configured, type ConfigurationFound, type DoctorContext } from './context.ts'
import { modeText, rightsOf } from './ownership.ts'
import { fail, ok, skipped, warn, type Result, type Results } from './result.ts'

type Environment = DoctorContext['env']

/** Loads it as the daemon does, and remembers which files were read for it. Never rejects for what is wrong with it. */
export async function findConfiguration(
  file: string | undefined,
  env: Environment,
): Promise<ConfigurationFound> {
  const given = file ?? env['TRIPLINE_CONFIG']?.trim() ?? ''
  const read: string[] = []
  try {
    const loaded = await loadConfig({
      env,
      ...(file === undefined ? {} : { file }),
      readFile: async (path, maxBytes) => {
        read.push(path)
        return readTextFile(path, maxBytes)
      },
    })
    if (given === '' && !(await isGiven(env))) return { kind: 'missing' }
    const secretFiles = read.filter((path) => path !== given)
    return { kind: 'loaded', loaded, secretFiles, ...(given === '' ? {} : { file: given }) }
  } catch (error) {
    if (error instanceof AppError) return { kind: 'refused', error }
    throw error
  }
}

async function isGiven(env: Environment): Promise<boolean> {
  return (await readEnvironment(env, readTextFile)).given.length > 0
}

const USUAL = '/etc/tripline/tripline.yaml'

export async function lookAtConfiguration({ configuration }: DoctorContext): Promise<Results> {
  if (configuration.kind === 'missing') return [await missing()]
  if (configuration.kind === 'refused') {
    const { message, hint } = configuration.error
    return [fail(message, hint ?? 'Correct what is listed.')]
  }
  const { loaded, file } = configuration
  const warnings = loaded.warnings.map(({ setting, message }) =>
    warn(`${setting} ${message}`, 'Take it out, or see docs/configuration.md.'),
  )
  return [
    ok(file === undefined ? 'variables alone, and all of it fits' : `${file}, and all of it fits`),
    ...warnings,
  ]
}

async function missing(): Promise<Result> {
  const seen = 'there is none: neither --config nor TRIPLINE_CONFIG names a file, and no variable is set'
  const isThere = (await stat(USUAL).catch(() => undefined)) !== undefined
  if (isThere) return fail(seen, `Give it: tripline doctor --config ${USUAL}`)
  return fail(
    seen,
    `Begin with one: tripline config --example > ${USUAL}, name a feed or a provider in it, then tripline doctor --config ${USUAL}`,
  )
}

/** Who may read the configuration, and the secrets it names. */
export async function lookAtRights(
  { configuration, access }: DoctorContext,
  signal: AbortSignal,
): Promise<Results> {
  if (configuration.kind !== 'loaded') return [skipped('needs a configuration that loads')]
  const { file, secretFiles } = configuration
  const paths = [...new Set([...(file === undefined ? [] : [file]), ...secretFiles])]
  if (paths.length === 0) return [skipped('no file is used')]
  const refusals = await access.may(
    paths.map((path) => ({ path, want: 'read' })),
    signal,
  )
  return Promise.all(
    paths.map(async (path, at) => {
      const isSecret = path !== file || (await hasSecrets(path))
      return rightsResult(path, { refusal: refusals[at], isSecret, user: access.user })
    }),
  )
}

/** The configuration itself may have keys and tokens in it. */
async function hasSecrets(path: string): Promise<boolean> {
  const text = await readTextFile(path, MAX_CONFIG_BYTES).catch(() => '')
  return text.split('\n').some((line) => !/^\s*#/.test(line) && holdsSecret(line))
}

interface Rights {
  readonly refusal: string | undefined
  readonly isSecret: boolean
  readonly user: string
}

async function rightsResult(path: string, { refusal, isSecret, user }: Rights): Promise<Result> {
  const rights = (await rightsOf(path)) ?? 'rights unknown'
  if (refusal !== undefined)
    return fail(
      `user ${user} may not read it (${rights})`,
      `chgrp ${user} ${path} && chmod 0640 ${path}, and let ${user} enter its folder.`,
      path,
    )
  const mode = (await stat(path).catch(() => undefined))?.mode ?? 0
  if (isSecret && (mode & 0o004) !== 0)
    return warn(
      `every user of this machine may read it, and it holds a secret (${modeText(mode)})`,
      `chmod 0640 ${path}, with a group that Tripline is in: chown root:tripline ${path}`,
      path,
    )
  if ((mode & 0o002) !== 0)
    return warn(`every user of this machine may change it (${modeText(mode)})`, `chmod o-w ${path}`, path)
  return ok(rights, path)
}

/** Entries of the allow-list that are none. */
export const lookAtPolicy = configured(({ config }) => {
  const { invalid } = createPolicy(config.policy)
  if (invalid.length === 0) return [ok('the allow-list can be used as it is')]
  return invalid.map((entry) =>
    fail(
      `policy.allow: ${entry} is no address, network, domain, URL, e-mail address or digest`,
      'Correct the entry, or take it out.',
    ),
  )
})
