import { spawn } from 'node:child_process'
import { fileURLToPath } from 'node:url'

/** The built command: `npm run build` makes it. */
export const CLI = fileURLToPath(new URL('../../dist/cli.js', import.meta.url))

/** Long enough for a busy machine with one core; nothing waits this long when all is well. */
const PATIENCE_MS = 20_000

/** One line of the daemon's own log. */
export type LogLine = Readonly<Record<string, unknown>> & { readonly msg: string }

export interface Ended {
  /** Null when a signal ended it. */
  readonly code: number | null
  readonly signal: NodeJS.Signals | null
  readonly stdout: string
  readonly stderr: string
}

export interface CliOptions {
  /** All it sees beside PATH, HOME and TMPDIR. */
  readonly env?: Readonly<Record<string, string>>
  readonly cwd?: string
  /** Only root may ask for this. */
  readonly uid?: number
  /** A process group of its own: Ctrl-C on the terminal does not reach it. */
  readonly detached?: boolean
  /** Closed at once when absent. */
  readonly stdin?: string | Uint8Array
  /** Reads so many pieces of standard output and goes away, as `head` does. */
  readonly closeStdoutAfter?: number
  /** Called with each piece of standard output as it comes. */
  readonly onStdout?: (text: string) => void
}

/** A running `tripline`. */
export interface Cli {
  readonly pid: number | undefined
  stdout(): string
  stderr(): string
  /** The lines of standard error that are JSON. */
  logs(): readonly LogLine[]
  /** Resolves when the log has such a line, also one from before; rejects at the end of the process or of patience. */
  logged(message: string, fields?: Readonly<Record<string, unknown>>): Promise<LogLine>
  /** As `logged`, for anything that output can show: `look` is called after each piece of it. */
  until<Value>(what: string, look: () => Value | undefined): Promise<Value>
  kill(signal: NodeJS.Signals): void
  readonly ended: Promise<Ended>
}

/** Starts the built command line as a process of its own. */
export function startCli(args: readonly string[], options: CliOptions = {}): Cli {
  const child = spawn(process.execPath, [CLI, ...args], {
    env: { ...inherited(), ...options.env },
    detached: options.detached === true,
    ...(options.cwd === undefined ? {} : { cwd: options.cwd }),
    ...(options.uid === undefined ? {} : { uid: options.uid }),
  })
  const text = { stdout: '', stderr: '' }
  const waiting = new Set<() => void>()
  const wake = (): void => waiting.forEach((look) => look())
  for (const name of ['stdout', 'stderr'] as const) {
    child[name].setEncoding('utf8').on('data', (piece: string) => {
      text[name] += piece
      if (name === 'stdout') options.onStdout?.(piece)
      wake()
    })
  }
  let pieces = 0
  child.stdout.on('data', () => {
    pieces += 1
    if (pieces === options.closeStdoutAfter) child.stdout.destroy()
  })
  // A command that does not read all of its input is none of the caller's errors.
  child.stdin.on('error', () => undefined).end(options.stdin)
  let over = false
  const ended = new Promise<Ended>((resolve, reject) => {
    child.on('error', reject)
    child.on('close', (code, signal) => {
      over = true
      resolve({ code, signal, ...text })
      wake()
    })
  })

  function until<Value>(what: string, look: () => Value | undefined): Promise<Value> {
    return new Promise((resolve, reject) => {
      const settle = (act: () => void): void => {
        waiting.delete(check)
        clearTimeout(timer)
        act()
      }
      const fail = (why: string): void =>
        settle(() => reject(new Error(`${why} ${what}. It wrote:\n${text.stdout}${text.stderr}`)))
      const check = (): void => {
        const found = look()
        if (found !== undefined) settle(() => resolve(found))
        else if (over) fail('It ended before')
      }
      const timer = setTimeout(() => fail(`${PATIENCE_MS} ms passed before`), PATIENCE_MS)
      waiting.add(check)
      check()
    })
  }
  const logs = (): readonly LogLine[] => logLines(text.stderr)
  return {
    pid: child.pid,
    stdout: () => text.stdout,
    stderr: () => text.stderr,
    logs,
    until,
    logged: (message, fields = {}) =>
      until(`«${message}» ${JSON.stringify(fields)} was logged`, () =>
        logs().find((line) => line.msg === message && includes(line, fields)),
      ),
    kill: (signal) => void child.kill(signal),
    ended,
  }
}

/** Runs it to its end. */
export function runCli(args: readonly string[], options: CliOptions = {}): Promise<Ended> {
  return startCli(args, options).ended
}

/** Nothing of the caller's own settings reaches the command. */
function inherited(): Record<string, string> {
  return Object.fromEntries(
    ['PATH', 'HOME', 'TMPDIR'].flatMap((name) => {
      const value = process.env[name]
      return value === undefined ? [] : [[name, value]]
    }),
  )
}

function logLines(text: string): readonly LogLine[] {
  const whole = text.slice(0, text.lastIndexOf('\n') + 1)
  return whole
    .split('\n')
    .filter((line) => line.startsWith('{'))
    .map((line) => JSON.parse(line) as LogLine)
}

function includes(line: LogLine, fields: Readonly<Record<string, unknown>>): boolean {
  return Object.entries(fields).every(([key, value]) => line[key] === value)
}
