import { readFileSync } from 'node:fs'
import { expect, it } from 'vitest'
import { generateAlerts } from '../../bench/generate.ts'
import { get, statusUrl } from '../support/status.ts'
import { caughtUp, source, stop, useWorkspace } from './workspace.ts'

const workspace = useWorkspace()

const PLANTED = ['203.0.114.7', 'evil.example-backlog.net', 'ab'.repeat(32)]
/** Some five megabytes: a dozen blocks. */
const ALERTS = 4000

/** A backlog with planted values, each in a line of its own. */
function backlog(seed: number): Buffer {
  const path = workspace.path('made.jsonl')
  generateAlerts({ seed, count: ALERTS, path, plant: PLANTED, plantEvery: 50 })
  return readFileSync(path)
}

/** The time of each match is that of the run. */
function timeless(matches: string): string {
  return matches.replaceAll(/"timestamp":"[^"]*","alert"/g, '"alert"')
}

/** What a daemon of one's own makes of the alerts that lie there: its logs, and its totals. */
async function readAll(name: string, threads: number, readBytes: string) {
  const log = (kind: string): string => workspace.path(`${name}-${kind}.log`)
  workspace.config({
    stateDir: workspace.path(`state-${name}`),
    sources: { wazuh: { ...source(workspace.path('alerts.json')), readBytes } },
    sinks: {
      matches: { type: 'match-log', path: log('matched') },
      parsed: { type: 'parsed-log', path: log('parsed') },
    },
    suppress: { matchWindow: '0s' },
    catchUp: { threads },
  })
  const daemon = workspace.start()
  await caughtUp(daemon, workspace.alerts())
  const { alertsRead, matches, observables } = await stop(daemon)
  const matched = timeless(readFileSync(log('matched'), 'utf8'))
  return { alertsRead, matches, observables, matched, parsed: readFileSync(log('parsed'), 'utf8') }
}

it('a backlog gives the same records in blocks as line by line, with and without a helping thread', async () => {
  workspace.file('bad.txt', `${PLANTED.join('\n')}\n`)
  const writer = workspace.alerts()
  writer.bytes(backlog(1))
  const lineByLine = await readAll('lines', 0, '64KiB')
  expect(lineByLine).toMatchObject({ alertsRead: ALERTS, matches: ALERTS / 50 })
  expect(await readAll('blocks', 0, '1MiB')).toEqual(lineByLine)
  expect(await readAll('threads', 2, '1MiB')).toEqual(lineByLine)
})

it('a helping thread takes its part, and gives what there is line by line', async () => {
  workspace.file('bad.txt', `${PLANTED.join('\n')}\n`)
  workspace.config({ http: { port: 0 }, suppress: { matchWindow: '0s' } })
  const writer = workspace.alerts()
  const daemon = workspace.start()
  const url = await statusUrl(daemon)
  let rounds = 0
  // It needs a moment to start; until then there is always another backlog.
  await expect
    .poll(
      async () => {
        rounds += 1
        writer.bytes(backlog(rounds))
        await caughtUp(daemon, writer)
        return (await get(`${url}/metrics`)).body
      },
      { timeout: 30_000, interval: 0 },
    )
    .toMatch(/^tripline_line_blocks_total\{thread="helper"\} [1-9]/m)
  expect(await stop(daemon)).toMatchObject({ alertsRead: rounds * ALERTS, matches: rounds * (ALERTS / 50) })
  const { matched, parsed } = await readAll('lines', 0, '64KiB')
  expect(timeless(readFileSync(workspace.path('ioc-matched.log'), 'utf8'))).toBe(matched)
  expect(readFileSync(workspace.path('ioc-parsed.log'), 'utf8')).toBe(parsed)
})
