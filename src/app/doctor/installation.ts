import { readTextFile } from '../../config/files.ts'
import { dirname } from 'node:path'
import { fileURLToPath } from 'node:url'
import { AppError } from '../../core/errors.ts'
import { isRecord, parseJson } from '../../core/json.ts'
import { PACKAGE_FOLDER } from '../../core/package-folder.ts'
import { loadDatagrams } from '../../sinks/wazuh-queue/native.ts'
import { configOf, type DoctorContext } from './context.ts'
import { fail, ok, skipped, warn, type Results } from './result.ts'

const PACKAGE = fileURLToPath(new URL('package.json', PACKAGE_FOLDER))

/** The running Node.js against what the package asks for. */
export async function lookAtNode(): Promise<Results> {
  const parsed = parseJson(await readTextFile(PACKAGE, 1024 ** 2))
  const engines = isRecord(parsed) ? parsed['engines'] : undefined
  const range = isRecord(engines) ? String(engines['node']) : ''
  return judgeNode(process.versions.node, range, process.execPath)
}

/** `range`: `>=20.19.4`, the only form that is used. */
export function judgeNode(version: string, range: string, path: string): Results {
  const wanted = range.replace(/^>=/, '')
  const seen = `Node.js ${version} at ${path}`
  if (!isOlder(version, wanted)) return [ok(`${seen}; ${wanted} or later is needed`)]
  return [fail(`${seen} is too old: ${wanted} or later is needed`, `Install Node.js ${wanted} or later.`)]
}

function isOlder(version: string, than: string): boolean {
  const [own, other] = [version, than].map((text) => text.split('.').map((part) => Number.parseInt(part, 10)))
  for (const at of [0, 1, 2]) {
    const difference = (own?.[at] ?? 0) - (other?.[at] ?? 0)
    if (difference !== 0) return difference < 0
  }
  return false
}

/** A file of Tripline's own code. */
const OWN_FILE = fileURLToPath(import.meta.url)

export async function lookAtVersion(
  { version, access }: DoctorContext,
  signal: AbortSignal,
): Promise<Results> {
  const seen = ok(`Tripline ${version} on ${process.platform} ${process.arch}`)
  const folder = dirname(PACKAGE)
  const refusals = await access.may(
    [PACKAGE, OWN_FILE].map((path) => ({ path, want: 'read' })),
    signal,
  )
  if (refusals.every((refusal) => refusal === undefined)) return [seen]
  return [
    seen,
    fail(
      `user ${access.user} may not read its files: the service cannot start`,
      `chmod -R go+rX ${folder}, and let everybody enter the folders above it.`,
      folder,
    ),
  ]
}

/** The addon for Wazuh's queue, which is compiled on installation and left out where that fails. */
export async function lookAtDatagrams(context: DoctorContext): Promise<Results> {
  const sinks = Object.values(configOf(context)?.sinks ?? {})
  const isNeeded = sinks.some(({ type }) => type === 'wazuh-queue')
  try {
    await loadDatagrams()
    return [ok(isNeeded ? 'unix-dgram loads' : 'unix-dgram loads; no sink needs it')]
  } catch (error) {
    if (!(error instanceof AppError)) throw error
    if (!isNeeded) return [skipped('unix-dgram is not installed, and no sink of type wazuh-queue needs it')]
    return [fail(error.message, error.hint ?? 'npm rebuild unix-dgram')]
  }
}

const NODE_FOR_ALL =
  'Name a user that is there with --user; install Node.js where every user reaches it, not below a home folder.'
const AS_ROOT = 'Run it as root, or as that user: sudo -u NAME tripline doctor'

/** For whom files and folders are looked at. */
export function lookAtUser({ access, accessProblem, unit }: DoctorContext): Results {
  const isRoot = process.geteuid?.() === 0
  if (accessProblem !== undefined) return [fail(accessProblem, isRoot ? NODE_FOR_ALL : AS_ROOT)]
  if (!access.isSelf) return [ok(`files and folders are looked at as user ${access.user}, on behalf of root`)]
  if (!isRoot) return [ok(`files and folders are looked at as user ${access.user}`)]
  const todo = 'Make the user as docs/install.md says, or name the one that Tripline runs as: --user NAME.'
  if (unit === undefined)
    return [
      warn('there is no user tripline: files and folders are looked at as root, who may read all', todo),
    ]
  return [warn(`${unit.path} names no user: files and folders are looked at as root, who may read all`, todo)]
}
