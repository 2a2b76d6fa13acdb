import { appendFileSync, existsSync, mkdtempSync, readFileSync, rmSync, watch, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { afterEach, beforeEach } from 'vitest'
import { stringify } from 'yaml'
import { parseJson } from '../../src/core/json.ts'
import {
  matchRecordSchema,
  parsedRecordSchema,
  type MatchRecord,
  type ParsedRecord,
} from '../../src/sinks/schema.ts'
import { startCli, type Cli, type CliOptions } from '../support/cli.ts'
import { alertLine, createLogWriter, sizeOf, type LogWriter } from '../support/log-writer.ts'

const PATIENCE_MS = 20_000

/** What the configuration file of a test says beside the paths. */
export type Settings = Readonly<Record<string, unknown>>

/** A fresh folder with alerts, a feed, a state directory and outputs; its daemons end with the test. */
export interface Workspace {
  path(name: string): string
  /** Writes a file; gives its path. */
  file(name: string, text: string): string
  append(name: string, text: string): void
  alerts(): LogWriter
  /** Writes `tripline.yaml`; gives its path. Sections replace the usual ones as a whole. */
  config(settings?: Settings): string
  /** `tripline run` with `tripline.yaml`, written before unless `config` was called. */
  start(options?: CliOptions): Cli
  /** Any command, ended with the test. */
  tripline(args: readonly string[], options?: CliOptions): Cli
  /**
   * Every whole line of the match log and of the parsed log, checked against the schemas. After `kill -9` a line may be torn: the
   * kernel ends a large write at a page border then; the next process begins a new line.
   */
  matches(lines?: 'some torn'): readonly MatchRecord[]
  parsed(): readonly ParsedRecord[]
  /** Resolves when the match log has at least so many lines. */
  matched(atLeast: number, lines?: 'some torn'): Promise<readonly MatchRecord[]>
}

/** One for each test of a file. */
export function useWorkspace(): Workspace {
  let folder = ''
  let writer: LogWriter | undefined
  let children: Cli[] = []
  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), 'tripline e2e-'))
  })
  afterEach(async () => {
    for (const child of children) child.kill('SIGKILL')
    await Promise.all(children.map((child) => child.ended))
    children = []
    writer?.close()
    writer = undefined
    rmSync(folder, { recursive: true, force: true })
  })
  const path = (name: string): string => join(folder, name)
  const file = (name: string, text: string): string => {
    writeFileSync(path(name), text)
    return path(name)
  }
  const config = (settings: Settings = {}): string =>
    file('tripline.yaml', stringify({ ...usualSettings(folder), ...settings }))
  const tripline = (args: readonly string[], options: CliOptions = {}): Cli => {
    const child = startCli(args, options)
    children.push(child)
    return child
  }
  const matches = (lines?: 'some torn'): readonly MatchRecord[] =>
    recordsOf(path('ioc-matched.log'), lines).map((record) => matchRecordSchema.parse(record))
  return {
    path,
    file,
    append: (name, text) => appendFileSync(path(name), text),
    alerts: () => (writer ??= createLogWriter(folder)),
    config,
    tripline,
    start: (options) => {
      if (!existsSync(path('tripline.yaml'))) config()
      return tripline(['run', '--config', path('tripline.yaml')], options)
    },
    matches,
    parsed: () => recordsOf(path('ioc-parsed.log')).map((record) => parsedRecordSchema.parse(record)),
    matched: (atLeast, lines) =>
      changed(path('ioc-matched.log'), `${atLeast} matches`, () => {
        const all = matches(lines)
        return all.length >= atLeast ? all : undefined
      }),
  }
}

function usualSettings(folder: string): Settings {
  return {
    stateDir: join(folder, 'state'),
    log: { level: 'debug', format: 'json' },
    sources: { wazuh: source(join(folder, 'alerts.json')) },
    // Its port would be that of every other daemon on the machine.
    http: { enabled: false },
    policy: { lookUpSpecial: ['documentation'] },
    providers: { feeds: feeds(join(folder, 'bad.txt')) },
    sinks: {
      matches: { type: 'match-log', path: join(folder, 'ioc-matched.log') },
      parsed: { type: 'parsed-log', path: join(folder, 'ioc-parsed.log') },
    },
  }
}

/** From the beginning, looked at often. */
export function source(...files: readonly string[]): Settings {
  return { type: 'wazuh-file', files, startAt: 'beginning', pollInterval: '20ms' }
}

/** Looked at often. */
export function feeds(...paths: readonly string[]): Settings {
  return { type: 'feed', feeds: paths.map((each) => ({ path: each })), checkInterval: '50ms' }
}

/** An alert in which a DNS name was asked for. */
export function query(number: number, name: string, bytes = 300): string {
  return alertLine(number, bytes).replace('"data":{', `"data":{"query":"${name}",`)
}

/** Resolves when all that was written to the alert file until now was delivered and the checkpoint says so. */
export function caughtUp(daemon: Cli, writer: LogWriter): Promise<unknown> {
  writer.flush()
  return daemon.logged('Processed up to position', { offset: sizeOf(writer.dated()) })
}

/** Stops as systemd does; gives the last log line, which holds the totals. */
export async function stop(daemon: Cli): Promise<Readonly<Record<string, unknown>>> {
  // Before that it does not listen for signals yet, and would end by this one.
  await daemon.logged('Tripline starts')
  daemon.kill('SIGTERM')
  const { code, signal, stderr } = await daemon.ended
  if (code !== 0) throw new Error(`It ended with ${code ?? signal}:\n${stderr}`)
  return daemon.logs().at(-1) ?? {}
}

/**
 * Whole lines; none when there is no such file. A line that is not JSON throws, unless torn ones are expected: the beginning of
 * an object is never JSON, whatever it ends with.
 */
function recordsOf(path: string, lines?: 'some torn'): readonly unknown[] {
  if (!existsSync(path)) return []
  const text = readFileSync(path, 'utf8')
  return text
    .slice(0, text.lastIndexOf('\n') + 1)
    .split('\n')
    .filter((line) => line !== '' && (lines === undefined || parseJson(line) !== undefined))
    .map((line) => JSON.parse(line) as unknown)
}

/** Looks at a file whenever something changes in its folder, until it shows what is waited for. */
function changed<Value>(path: string, what: string, look: () => Value | undefined): Promise<Value> {
  return new Promise((resolve, reject) => {
    const check = (): void => {
      const found = look()
      if (found === undefined) return
      stopWaiting()
      resolve(found)
    }
    const watcher = watch(dirname(path), check)
    const timer = setTimeout(() => {
      stopWaiting()
      reject(new Error(`${PATIENCE_MS} ms passed before ${what} stood in ${path}`))
    }, PATIENCE_MS)
    const stopWaiting = (): void => {
      clearTimeout(timer)
      watcher.close()
    }
    check()
  })
}
