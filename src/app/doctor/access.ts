import { spawn } from 'node:child_process'
import { access, constants } from 'node:fs/promises'
import { userInfo } from 'node:os'
import { text } from 'node:stream/consumers'
import { errorText, systemErrorCode } from '../../core/errors.ts'
import { readTextFile } from '../../config/files.ts'
import { isRecord, parseJson } from '../../core/json.ts'

/** `enter`: list a folder and reach what is in it; `make`: make and rename files in it. */
const MODES = {
  read: constants.R_OK,
  write: constants.W_OK,
  run: constants.X_OK,
  enter: constants.R_OK | constants.X_OK,
  make: constants.W_OK | constants.X_OK,
} as const

export interface Wanted {
  readonly path: string
  readonly want: keyof typeof MODES
}

/** What a user may do with files, as the kernel says it: modes, groups, access lists and mounts. */
export interface Access {
  readonly user: string
  /** False where root looks on behalf of another user. */
  readonly isSelf: boolean
  /** For each the word of the system's error (`EACCES` …), or undefined where it is allowed. */
  may(wanted: readonly Wanted[], signal: AbortSignal): Promise<readonly (string | undefined)[]>
}

function ownName(): string {
  try {
    return userInfo().username
  } catch {
    return `number ${process.geteuid?.() ?? 'unknown'}`
  }
}

export function ownAccess(): Access {
  return {
    user: ownName(),
    isSelf: true,
    may: (wanted) => Promise.all(wanted.map(({ path, want }) => refusal(path, MODES[want]))),
  }
}

async function refusal(path: string, mode: number): Promise<string | undefined> {
  try {
    await access(path, mode)
    return undefined
  } catch (error) {
    return systemErrorCode(error) ?? errorText(error)
  }
}

/** Answers a list of paths and modes with a list of refusals. It runs as the user and opens nothing. */
const SCRIPT = `
const { accessSync } = require('node:fs')
let text = ''
process.stdin.on('data', (piece) => (text += piece)).on('end', () => {
  const refusals = JSON.parse(text).map(([path, mode]) => {
    try { accessSync(path, mode); return null } catch (error) { return String(error.code) }
  })
  process.stdout.write(JSON.stringify({ refusals }))
})
`
const USER_NAME = /^[A-Za-z_][\w.-]{0,31}\$?$/

/**
 * For another user, asked by root: a process of that user tries, with the groups it has and those of its unit (setpriv(1)). Rejects
 * with a sentence when there is no such user, or when it cannot run Node.js.
 */
export async function accessAs(
  user: string,
  groups: readonly string[],
  signal: AbortSignal,
): Promise<Access> {
  if (!USER_NAME.test(user)) throw new Error(`${user} is no name of a user`)
  const ids = await idsOf(user, signal)
  const more = await existing(groups)
  const as = [
    `--reuid=${ids.uid}`,
    `--regid=${ids.gid}`,
    `--groups=${[...ids.groups, ...more].join(',')}`,
  ] as const
  const may = async (
    wanted: readonly Wanted[],
    until: AbortSignal,
  ): Promise<readonly (string | undefined)[]> => {
    const input = JSON.stringify(wanted.map(({ path, want }) => [path, MODES[want]]))
    const output = await ran('setpriv', [...as, process.execPath, '--eval', SCRIPT], { input, signal: until })
    const answer = parseJson(output)
    const refusals: unknown = isRecord(answer) ? answer['refusals'] : undefined
    if (!Array.isArray(refusals)) throw new Error(`User ${user} got no answer from Node.js`)
    return wanted.map((_, at) => (typeof refusals[at] === 'string' ? refusals[at] : undefined))
  }
  try {
    await may([], signal)
  } catch (error) {
    throw new Error(`User ${user} cannot run ${process.execPath}: ${errorText(error)}`, { cause: error })
  }
  return { user, isSelf: false, may }
}

interface Ids {
  readonly uid: string
  readonly gid: string
  readonly groups: readonly string[]
}

async function idsOf(user: string, signal: AbortSignal): Promise<Ids> {
  const id = async (option: string): Promise<string> =>
    (await ran('id', [option, '--', user], { input: '', signal })).trim()
  try {
    const [uid, gid, groups] = await Promise.all([id('-u'), id('-g'), id('-G')])
    return { uid, gid, groups: groups.split(' ') }
  } catch (error) {
    throw new Error(`There is no user ${user}`, { cause: error })
  }
}

async function existing(groups: readonly string[]): Promise<readonly string[]> {
  const lines = (await readTextFile('/etc/group', 4 * 1024 ** 2).catch(() => '')).split('\n')
  return groups.filter((name) => lines.some((line) => line.startsWith(`${name}:`)))
}

async function ran(
  command: string,
  args: readonly string[],
  { input, signal }: { readonly input: string; readonly signal: AbortSignal },
): Promise<string> {
  const child = spawn(command, args, { cwd: '/', env: { PATH: process.env['PATH'] ?? '' }, signal })
  const failed = new Promise<never>((_, reject) => child.on('error', reject))
  const ended = new Promise<number | null>((resolve) => child.on('close', resolve))
  child.stdin.on('error', () => undefined).end(input)
  const [stdout, stderr, code] = await Promise.race([
    Promise.all([text(child.stdout), text(child.stderr), ended]),
    failed,
  ])
  if (code === 0) return stdout
  throw new Error(stderr.trim().split('\n').at(-1) || `${command} ended with ${code}`)
}
