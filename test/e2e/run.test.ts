import { readFileSync } from 'node:fs'
import { describe, expect, it } from 'vitest'
import {
  EXAMPLE_FEEDS,
  EXAMPLE_FINDINGS,
  exampleLines,
  expectedOfExamples,
  expectedOfFindings,
  matchLines,
  rowLines,
} from '../support/examples.ts'
import { alertLine } from '../support/log-writer.ts'
import { caughtUp, feeds, query, source, stop, useWorkspace } from './workspace.ts'

const workspace = useWorkspace()

describe('alerts that are appended', () => {
  it('give records in both logs, configured by environment alone', async () => {
    const writer = workspace.alerts()
    workspace.file('bad.txt', 'evil.example.net\n')
    const daemon = workspace.tripline(['run'], {
      env: {
        ALERTS_FILE: writer.path,
        TRIPLINE_FEEDS: workspace.path('bad.txt'),
        TRIPLINE_STATE_DIR: workspace.path('state'),
        LOG_FILE_MATCHED: workspace.path('ioc-matched.log'),
        LOG_FILE_PARSED: workspace.path('ioc-parsed.log'),
      },
    })
    // The first start begins at the end of the file: what is appended from here on counts.
    await daemon.logged('Reading a file', { file: writer.path })
    writer.line(query(1, 'www.evil.example.net'))
    writer.line(query(2, 'good.example.net'))
    writer.line(alertLine(3))
    writer.flush()
    const [match] = await workspace.matched(1)
    expect(match).toMatchObject({
      alert: { id: '1773043200.1', file: writer.path, offset: 0 },
      observable: { type: 'domain', value: 'www.evil.example.net', where: ['data.query'] },
      match: { kind: 'parent-domain', via: 'mirror', providers: ['feeds'] },
      indicators: [{ provider: 'feeds', source: workspace.path('bad.txt'), value: 'evil.example.net' }],
      full_alert: JSON.parse(query(1, 'www.evil.example.net')) as object,
    })
    expect(await stop(daemon)).toMatchObject({ alertsRead: 3, observables: 2, matches: 1, linesSkipped: 0 })
    expect(
      workspace.parsed().map(({ alert_id, iocs }) => [alert_id, iocs.map(({ value }) => value)]),
    ).toEqual([
      ['1773043200.1', ['www.evil.example.net']],
      ['1773043200.2', ['good.example.net']],
    ])
    expect(daemon.stdout()).toBe('')
  })

  it('give what examples/expected.json says, configured by a file alone', async () => {
    workspace.config({ providers: { feeds: feeds(EXAMPLE_FEEDS) } })
    const writer = workspace.alerts()
    const daemon = workspace.start()
    await daemon.logged('Reading a file')
    const lines = exampleLines()
    lines.forEach((line, at) => {
      writer.line(line)
      if (at === 30) writer.rotate()
    })
    await caughtUp(daemon, writer)
    const expected = expectedOfExamples()
    expect(await stop(daemon)).toMatchObject({
      alertsRead: lines.length,
      alertsDropped: { own_alert: expected.dropped.length },
      matches: expected.matches.length,
      suppressed: expected.repeats.length + expected.held.length,
    })
    expect(matchLines(workspace.matches())).toEqual(rowLines(expected.matches))
  })

  it('give of findings of Wazuh 5 what examples/wazuh5/expected.json says, and nothing of own events', async () => {
    workspace.config({ providers: { feeds: feeds(EXAMPLE_FEEDS) } })
    const writer = workspace.alerts()
    const lines = readFileSync(EXAMPLE_FINDINGS, 'utf8').trimEnd().split('\n')
    for (const line of lines) writer.line(line)
    const daemon = workspace.start()
    await caughtUp(daemon, writer)
    const expected = expectedOfFindings()
    expect(await stop(daemon)).toMatchObject({
      alertsRead: lines.length,
      alertsDropped: { own_alert: expected.dropped.length },
      matches: expected.matches.length,
      linesSkipped: 0,
    })
    expect(matchLines(workspace.matches())).toEqual(rowLines(expected.matches))
  })

  it('are held back with a reason, and reported with it when the policy says so', async () => {
    workspace.config({
      policy: { lookUpSpecial: ['documentation'], reportHeld: true },
      providers: { feeds: feeds(EXAMPLE_FEEDS) },
    })
    const writer = workspace.alerts()
    for (const line of exampleLines()) writer.line(line)
    writer.flush()
    const daemon = workspace.start()
    await caughtUp(daemon, writer)
    await stop(daemon)
    const held = workspace.matches().flatMap(({ alert, observable, match }) =>
      match.suppressed_by === undefined
        ? []
        : [
            {
              alert_id: alert.id,
              type: observable.type,
              value: observable.value,
              reason: match.suppressed_by.join(),
            },
          ],
    )
    expect(held).toEqual(expectedOfExamples().held)
  })
})

describe('a match', () => {
  it('is not reported again within the window, also after a restart', async () => {
    workspace.file('bad.txt', 'evil.example.net\n')
    const writer = workspace.alerts()
    writer.line(query(1, 'evil.example.net'))
    const first = workspace.start()
    await caughtUp(first, writer)
    expect(await stop(first)).toMatchObject({ alertsRead: 1, matches: 1, suppressed: 0 })
    writer.line(query(2, 'evil.example.net'))
    const second = workspace.start()
    await caughtUp(second, writer)
    expect(await stop(second)).toMatchObject({ alertsRead: 1, matches: 0, suppressed: 1 })
    expect(workspace.matches()).toHaveLength(1)
  })
})

describe('standard output', () => {
  it('has the matches alone, one readable line each, safe to look at', async () => {
    workspace.file('bad.txt', 'evil.example.net\n')
    const { sinks, ...rest } = { sinks: { out: { type: 'stdout', format: 'text' } }, log: { level: 'info' } }
    workspace.config({ ...rest, sinks })
    const writer = workspace.alerts()
    writer.line(query(1, 'evil.example.net').replace('web-1', String.raw`web\u001b[31m\n1`))
    writer.flush()
    const daemon = workspace.start()
    const line = await daemon.until('a line came', () => /^.*\n/.exec(daemon.stdout())?.[0])
    await stop(daemon)
    expect(line).toContain(' exact domain evil.example.net agent=001 ')
    expect(line).not.toContain('\u001B')
    expect(daemon.stdout()).toBe(line)
  })
})

describe('a state directory', () => {
  it('is refused to a second daemon while the first goes on, and free at once after kill -9', async () => {
    workspace.file('bad.txt', 'evil.example.net\n')
    const writer = workspace.alerts()
    const first = workspace.start()
    await first.logged('Tripline is running')
    const second = await workspace.start().ended
    expect(second.code).toBe(1)
    expect(second.stderr).toContain(`is in use by process ${first.pid}`)
    expect(second.stderr).toContain(`Stop process ${first.pid} first`)
    writer.line(query(1, 'evil.example.net'))
    writer.flush()
    await workspace.matched(1)
    first.kill('SIGKILL')
    await first.ended
    const third = workspace.start()
    await third.logged('Tripline is running')
    await stop(third)
    // Killed between the write and its mark, the match comes again: under the same id.
    const records = readFileSync(workspace.path('ioc-matched.log'), 'utf8').trim().split('\n')
    expect(new Set(records.map((line) => (JSON.parse(line) as { id: string }).id)).size).toBe(1)
  })
})

describe('two sources', () => {
  it('are followed side by side', async () => {
    workspace.file('bad.txt', 'evil.example.net\n')
    workspace.config({
      sources: { one: source(workspace.path('one.json')), two: source(workspace.path('two.json')) },
    })
    workspace.file('one.json', `${query(1, 'a.evil.example.net')}\n`)
    workspace.file('two.json', `${query(2, 'b.evil.example.net')}\n`)
    const daemon = workspace.start()
    await workspace.matched(2)
    expect(await stop(daemon)).toMatchObject({ alertsRead: 2, matches: 2 })
  })
})
