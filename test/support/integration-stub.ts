import { spawn } from 'node:child_process'
import {
  chmodSync,
  copyFileSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  writeFileSync,
} from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { afterEach, beforeEach } from 'vitest'
import { AS_NOBODY, giveToNobody } from './unprivileged.ts'

export const STUB = fileURLToPath(new URL('../../deploy/wazuh/integrations/custom-opencti', import.meta.url))

/** A key that must be found nowhere. */
export const KEY = 'c0ffee00-5ec2-4e7a-9b1d-0123456789ab'

/** As wazuh-integratord 4.8 and later calls a script, debug off; its first argument is the alert file. */
export const USUAL_ARGUMENTS = [
  KEY,
  'https://opencti.example.org/graphql',
  '',
  '',
  '10',
  '3',
  '> /dev/null 2>&1',
] as const

export interface StubEnded {
  readonly code: number | null
  readonly stdout: string
  readonly stderr: string
}

export interface StubOptions {
  /** Where the script lies below Wazuh's folder. */
  readonly at?: string
  readonly env?: Readonly<Record<string, string>>
  readonly cwd?: string
  /** What runs it; absent: its own first line. */
  readonly shell?: string
  /** Run by a user without rights, who owns Wazuh's folder and the spool by then. */
  readonly unprivileged?: boolean
}

/** A folder that stands for Wazuh's, with a spool beside it. */
export interface WazuhHome {
  readonly path: (name: string) => string
  readonly home: string
  readonly spool: string
  /** What the daemon makes at its first start; `until` is what it writes into the mark. */
  serve(until?: string): void
  /** Writes an alert as integratord does; gives the path. */
  alert(text: string, name?: string): string
  /** Resolves when the process has ended and nobody holds its outputs any more. */
  stub(args: readonly string[], options?: StubOptions): Promise<StubEnded>
  /** Names and contents of what was handed over, in order. */
  spooled(): readonly (readonly [name: string, content: string])[]
  /** A command in place of `tripline` that keeps its arguments and environment, and ends with a status. */
  command(status?: number): { readonly bin: string; readonly calls: () => readonly (readonly string[])[] }
  /** Every file below the folder, with its text. */
  files(): ReadonlyMap<string, string>
}

/** A fresh one for each test of a file. */
export function useWazuhHome(): WazuhHome {
  let folder = ''
  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), 'tripline stub-'))
    mkdirSync(join(folder, 'ossec/logs'), { recursive: true })
    mkdirSync(join(folder, 'ossec/etc'))
  })
  afterEach(() => rmSync(folder, { recursive: true, force: true }))
  const path = (name: string): string => join(folder, name)
  const spoolFolder = (): string => path('spool')
  return {
    path,
    get home() {
      return path('ossec')
    },
    get spool() {
      return spoolFolder()
    },
    serve: (until = '') => {
      for (const name of ['tmp', 'new', 'failed']) mkdirSync(join(spoolFolder(), name), { recursive: true })
      writeFileSync(join(spoolFolder(), 'served'), until)
    },
    alert: (text, name = 'custom-opencti-1763719200-1.alert') => {
      writeFileSync(path(name), text)
      return path(name)
    },
    stub: (args, options = {}) => {
      const { at = 'integrations/custom-opencti', env = {}, cwd, shell, unprivileged = false } = options
      const script = path(`ossec/${at}`)
      mkdirSync(dirname(script), { recursive: true })
      if (!existsSync(script)) copyFileSync(STUB, script)
      chmodSync(script, 0o750)
      if (unprivileged) giveToNobody(folder)
      const [program, first] = shell === undefined ? [script, []] : [shell, [script]]
      return run(program, [...first, ...args], {
        env: { TRIPLINE_SPOOL: spoolFolder(), ...env },
        cwd: cwd ?? folder,
        user: unprivileged ? AS_NOBODY : {},
      })
    },
    spooled: () =>
      readdirSync(join(spoolFolder(), 'new'))
        .toSorted()
        .map((name) => [name, readFileSync(join(spoolFolder(), 'new', name), 'utf8')]),
    command: (status = 0) => writeCommand(folder, status),
    files: () => filesBelow(folder),
  }
}

interface RunOptions {
  readonly env: Readonly<Record<string, string>>
  readonly cwd: string
  readonly user: typeof AS_NOBODY
}

/** An empty variable is one that is not set; PATH is that of the system. */
function run(program: string, args: readonly string[], { env, cwd, user }: RunOptions): Promise<StubEnded> {
  const own = Object.fromEntries(Object.entries(env).filter(([, value]) => value !== ''))
  return new Promise((resolve, reject) => {
    const child = spawn(program, args, {
      ...user,
      cwd,
      env: { PATH: '/usr/bin:/bin', ...own },
      stdio: ['ignore', 'pipe', 'pipe'],
    })
    const text = { stdout: '', stderr: '' }
    for (const name of ['stdout', 'stderr'] as const)
      child[name].setEncoding('utf8').on('data', (piece: string) => (text[name] += piece))
    child.on('error', reject).on('close', (code) => resolve({ code, ...text }))
  })
}

function writeCommand(folder: string, status: number) {
  const bin = join(folder, 'fake-tripline')
  const out = join(folder, 'calls')
  mkdirSync(out, { recursive: true })
  // What the process table shows of it, and what it was given.
  writeFileSync(
    bin,
    `#!/bin/sh\ntr '\\0' '\\n' </proc/$$/cmdline >'${out}/cmdline'\nprintf '%s\\n' "$@" >"${out}/call.$$"\nenv >'${out}/environment'\necho noise; echo trouble >&2\nexit ${status}\n`,
  )
  chmodSync(bin, 0o755)
  return {
    bin,
    calls: () =>
      readdirSync(out)
        .filter((name) => name.startsWith('call.'))
        .map((name) => readFileSync(join(out, name), 'utf8').split('\n').slice(0, -1)),
  }
}

function filesBelow(folder: string): ReadonlyMap<string, string> {
  const names = readdirSync(folder, { recursive: true, withFileTypes: true })
  return new Map(
    names
      .filter((entry) => entry.isFile())
      .map(({ parentPath, name }) => [join(parentPath, name), readFileSync(join(parentPath, name), 'utf8')]),
  )
}
