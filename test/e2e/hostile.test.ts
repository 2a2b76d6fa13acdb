import { isUtf8 } from 'node:buffer'
import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { expect, it } from 'vitest'
import { isRecord, parseJson, type JsonObject } from '../../src/core/json.ts'
import { hostileAlerts, INJECTION } from '../support/hostile-alerts.ts'
import { bindReceiver } from '../support/receiver.ts'
import type { Cli } from '../support/cli.ts'
import { query, stop, useWorkspace } from './workspace.ts'

/*
 * Everything that attackers can bring into alerts, names of files and feeds, followed by an ordinary alert: what can be found is
 * found, and each line of each output is a line of ours, whole and plain.
 */

const workspace = useWorkspace()
const plant = (number: number): string => `h${number}.evil.example.net`
const ALERTS = hostileAlerts(plant).map((alert, number) => ({ ...alert, value: plant(number) }))
const LAST = plant(ALERTS.length)
const OUTPUTS = ['ioc-matched.log', 'ioc-parsed.log', 'events.json'] as const

/** What a terminal may obey, what some readers split lines at, what turns the direction of text. */
const NOT_PLAIN =
  // oxlint-disable-next-line no-control-regex -- they are what is looked for
  /[\u0000-\u0008\u000b-\u001f\u007f-\u009f\u061c\u200e\u200f\u2028-\u202e\u2066-\u2069\ufeff]/

interface Hostile {
  readonly format: 'json' | 'text'
  /** Bytes of the longest alert. */
  readonly longest: number
}

/** A daemon over hostile alerts and feeds, and the names that it has to find. */
function startOverHostile({ format, longest }: Hostile): {
  readonly daemon: Cli
  readonly found: readonly string[]
} {
  mkdirSync(workspace.path('feeds'))
  writeFileSync(workspace.path('feeds/good.txt'), 'evil.example.net\n')
  // A name of a file has no NUL, no slash, and 255 bytes at most.
  const name = INJECTION.replaceAll(/[\0/\ud800]/g, '')
  writeFileSync(workspace.path(`feeds/${name}.txt`), `${INJECTION}\nsome words ${INJECTION}\n`)
  workspace.config({
    log: { level: 'debug', format },
    providers: { feeds: { type: 'feed', feeds: [{ path: workspace.path('feeds') }], startWait: '500ms' } },
    sinks: {
      matches: { type: 'match-log', path: workspace.path('ioc-matched.log') },
      parsed: { type: 'parsed-log', path: workspace.path('ioc-parsed.log') },
      events: { type: 'wazuh-log', path: workspace.path('events.json') },
      queue: { type: 'wazuh-queue', socket: workspace.path('queue') },
      out: { type: 'stdout', format },
    },
  })
  const alerts = ALERTS.filter(({ line }) => line.length <= longest)
  const lines = [...alerts.map(({ line }) => line), Buffer.from(query(ALERTS.length, LAST))]
  writeFileSync(
    workspace.path('alerts.json'),
    Buffer.concat(lines.flatMap((line) => [line, Buffer.from('\n')])),
  )
  const found = alerts.flatMap(({ isFound, value }) => (isFound ? [value] : []))
  return { daemon: workspace.start(), found: [...found, LAST].toSorted() }
}

/** Whole lines, decoded; the last newline ends the last of them. */
function linesOf(text: string): readonly string[] {
  expect(text.endsWith('\n')).toBe(true)
  return text.slice(0, -1).split('\n')
}

function objectsOf(lines: readonly string[]): readonly JsonObject[] {
  return lines.map((line) => {
    const value = parseJson(line)
    if (!isRecord(value)) throw new Error(`no JSON object: ${line.slice(0, 200)}`)
    return value
  })
}

function expectPlain(what: string, lines: readonly string[]): void {
  expect(
    lines
      .filter((line) => NOT_PLAIN.test(line))
      .map((line) => `${what}: ${JSON.stringify(NOT_PLAIN.exec(line))} ${line.slice(0, 300)}`),
  ).toEqual([])
}

it('of JSON: every output has the matches of hostile alerts as lines of its own, and nothing else', async () => {
  const receiver = bindReceiver(workspace.path('queue'))
  const { daemon, found } = startOverHostile({ format: 'json', longest: Infinity })
  await workspace.matched(found.length)
  await receiver.received(found.length)
  const totals = await stop(daemon)
  receiver.close()
  expect(totals).toMatchObject({ matches: found.length })

  const matches = workspace.matches()
  expect(matches.map(({ observable }) => observable.value).toSorted()).toEqual(found)
  for (const output of OUTPUTS) {
    const bytes = readFileSync(workspace.path(output))
    expect(isUtf8(bytes)).toBe(true)
    const lines = linesOf(bytes.toString())
    expectPlain(output, lines)
    // One for each alert: all but those that are no alerts have something to find.
    expect(objectsOf(lines)).toHaveLength(found.length)
  }
  const out = linesOf(daemon.stdout())
  expectPlain('stdout', out)
  expect(
    objectsOf(out)
      .map(({ observable }) => (observable as { value: string }).value)
      .toSorted(),
  ).toEqual(found)
  const log = linesOf(daemon.stderr())
  expectPlain('log', log)
  const messages = objectsOf(log).map(({ msg }) => String(msg))
  expect(messages).not.toContain('FORGED')
  for (const datagram of receiver.datagrams) {
    expect(Buffer.byteLength(datagram)).toBeLessThanOrEqual(65_535)
    expectPlain('queue', [datagram])
    expect(datagram).toMatch(/^1:[^\n]*:\{"integration":/)
  }
})

it('of text: a terminal obeys nothing in it', async () => {
  const receiver = bindReceiver(workspace.path('queue'))
  const { daemon, found } = startOverHostile({ format: 'text', longest: 64 * 1024 })
  await workspace.matched(found.length)
  // The log is no JSON: the checkpoint tells that all is done.
  await expect.poll(() => existsSync(workspace.path('state/checkpoints/wazuh.json'))).toBe(true)
  daemon.kill('SIGTERM')
  const { code, stdout, stderr } = await daemon.ended
  receiver.close()
  expect(code).toBe(0)
  expectPlain('stdout', linesOf(stdout))
  expect(linesOf(stdout)).toHaveLength(found.length)
  expectPlain('log', linesOf(stderr))
  // What is a line of ours begins with its time.
  expect(linesOf(stderr).filter((line) => !/^\[?\d{4}-\d\d-\d\d /.test(line))).toEqual([])
})
