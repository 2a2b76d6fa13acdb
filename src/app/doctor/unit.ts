import { readdir } from 'node:fs/promises'
import { join } from 'node:path'
import { readTextFile } from '../../config/files.ts'

/** What systemd would do for Tripline (systemd.exec(5)): an administrator's files come first. */
const FOLDERS = ['/etc/systemd/system', '/usr/lib/systemd/system', '/lib/systemd/system']
const NAME = 'tripline.service'
const MAX_BYTES = 64 * 1024
/** Settings of folders, and below what systemd makes them. */
const MADE: Readonly<Record<string, string>> = {
  StateDirectory: '/var/lib',
  LogsDirectory: '/var/log',
  CacheDirectory: '/var/cache',
  RuntimeDirectory: '/run',
}

export interface Unit {
  readonly path: string
  readonly user: string | undefined
  readonly groups: readonly string[]
  /** Where alone the service may write, whatever the rights say; undefined where its unit does not restrict that. */
  readonly writable: readonly string[] | undefined
  /** Made by systemd when the service starts. */
  readonly folders: readonly string[]
  /** What the service gets from `Environment=` and the files of `EnvironmentFile=` that can be read. */
  readonly environment: Readonly<Record<string, string>>
}

/** Tripline's unit with what `systemctl edit` has put beside it; undefined where there is none that can be read. */
export async function readUnit(folders: readonly string[] = FOLDERS): Promise<Unit | undefined> {
  for (const folder of folders) {
    const path = join(folder, NAME)
    const text = await textOf(path)
    if (text === undefined) continue
    return parseUnit(path, [text, ...(await dropIns(folders))])
  }
  return undefined
}

async function parseUnit(path: string, texts: readonly string[]): Promise<Unit> {
  const lines = texts
    .join('\n')
    .split('\n')
    .flatMap((line) => {
      const [, key = '', value = ''] = /^\s*([A-Za-z]+)\s*=\s*(.*?)\s*$/.exec(line) ?? []
      return key === '' ? [] : [{ key, value }]
    })
  const words = (key: string): string[] =>
    lines.filter((line) => line.key === key).flatMap(({ value }) => value.split(/\s+/).filter(Boolean))
  const user = words('User').at(-1)
  const folders = Object.entries(MADE).flatMap(([key, below]) => words(key).map((name) => join(below, name)))
  const values = (key: string): string[] => lines.filter((line) => line.key === key).map(({ value }) => value)
  const environment = { ...assignments(words('Environment')) }
  for (const file of values('EnvironmentFile')) {
    const text = await textOf(file.replace(/^-/, ''))
    if (text !== undefined) Object.assign(environment, assignments(text.split('\n')))
  }
  const isStrict = words('ProtectSystem').at(-1) === 'strict'
  const paths = words('ReadWritePaths').map((each) => each.replace(/^[-+]+/, ''))
  const writable = isStrict ? [...folders, ...paths, '/dev', '/proc', '/sys'] : undefined
  return { path, user, groups: words('SupplementaryGroups'), writable, folders, environment }
}

/** `NAME=value`, the value in quotes or not; comments and all else are passed over (systemd.exec(5)). */
function assignments(lines: readonly string[]): Readonly<Record<string, string>> {
  const found: Record<string, string> = {}
  for (const line of lines) {
    const [, name = '', value = ''] = /^\s*"?([A-Za-z_]\w*)=(.*?)\s*$/.exec(line) ?? []
    if (name !== '') found[name] = value.replace(/^(["'])(.*)\1$/, '$2').replace(/"$/, '')
  }
  return found
}

async function dropIns(folders: readonly string[]): Promise<readonly string[]> {
  const texts: string[] = []
  for (const folder of folders.toReversed()) {
    const beside = join(folder, `${NAME}.d`)
    const names = await readdir(beside).catch(() => [])
    for (const name of names.filter((each) => each.endsWith('.conf')).toSorted()) {
      const text = await textOf(join(beside, name))
      if (text !== undefined) texts.push(text)
    }
  }
  return texts
}

async function textOf(path: string): Promise<string | undefined> {
  return readTextFile(path, MAX_BYTES).catch(() => undefined)
}
