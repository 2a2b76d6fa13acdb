import { chmodSync, chownSync, mkdirSync, renameSync, rmSync, symlinkSync } from 'node:fs'
import { describe, expect, it } from 'vitest'
import { runCli } from '../support/cli.ts'
import { createLogWriter } from '../support/log-writer.ts'
import { caughtUp, query, source, stop, useWorkspace } from './workspace.ts'

const workspace = useWorkspace()

/** «nobody» on Linux. */
const NOBODY = 65_534

describe('an alert file', () => {
  it('that is not there is waited for, and read from its first byte when it comes', async () => {
    workspace.file('bad.txt', 'evil.example.net\n')
    const path = workspace.path('later/alerts.json')
    // The first start reads from the end of a file; one that comes later has no old alerts in it.
    workspace.config({ sources: { wazuh: { ...source(path), startAt: 'checkpoint' } } })
    const daemon = workspace.start()
    await daemon.logged('The file does not exist; waiting for it', { file: path })
    const writer = createLogWriter(workspace.path('later'))
    writer.line(query(1, 'evil.example.net'))
    writer.close()
    await workspace.matched(1)
    expect(await stop(daemon)).toMatchObject({ alertsRead: 1, matches: 1 })
  })

  it('is followed through rotation, truncation and a half-written line', async () => {
    workspace.file('bad.txt', 'evil.example.net\n')
    const writer = workspace.alerts()
    const daemon = workspace.start()
    await daemon.logged('Reading a file')
    writer.line(query(1, 'a1.evil.example.net'))
    writer.rotate('day')
    await daemon.logged('File rotation detected', { reason: 'swap' })
    const [head, tail] = halves(`${query(2, 'a2.evil.example.net')}\n`)
    writer.bytes(head)
    writer.flush()
    await workspace.matched(1)
    writer.bytes(tail)
    writer.flush()
    await workspace.matched(2)
    await caughtUp(daemon, writer)
    writer.truncate()
    await daemon.logged('File rotation detected', { reason: 'truncate' })
    writer.line(query(3, 'a3.evil.example.net'))
    writer.flush()
    await workspace.matched(3)
    expect(await stop(daemon)).toMatchObject({ alertsRead: 3, matches: 3, linesSkipped: 0 })
  })

  it('T8: that is truncated and filled with the same alerts again reports none of them twice', async () => {
    workspace.file('bad.txt', 'evil.example.net\n')
    const writer = workspace.alerts()
    workspace.config({ suppress: { matchWindow: '0s' } })
    const [first, second, third] = [1, 2, 3].map((number) => query(number, `a${number}.evil.example.net`))
    const daemon = workspace.start()
    for (const line of [first, second]) writer.line(line ?? '')
    writer.flush()
    await workspace.matched(2)
    await caughtUp(daemon, writer)
    writer.truncate()
    await daemon.logged('File rotation detected', { reason: 'truncate' })
    for (const line of [first, second, third]) writer.line(line ?? '')
    writer.flush()
    await workspace.matched(3)
    expect(await stop(daemon)).toMatchObject({ alertsRead: 5, matches: 3 })
  })

  it('that was rotated while Tripline was stopped is read to its end before the new one', async () => {
    workspace.file('bad.txt', 'evil.example.net\n')
    const writer = workspace.alerts()
    writer.line(query(1, 'a1.evil.example.net'))
    const first = workspace.start()
    await caughtUp(first, writer)
    await stop(first)
    writer.line(query(2, 'a2.evil.example.net'))
    writer.rotate('part')
    writer.line(query(3, 'a3.evil.example.net'))
    writer.rotate('day')
    writer.line(query(4, 'a4.evil.example.net'))
    writer.flush()
    const second = workspace.start()
    await workspace.matched(4)
    expect(await stop(second)).toMatchObject({ alertsRead: 3, matches: 3 })
    expect(workspace.matches().map(({ alert }) => alert.id)).toEqual(
      [1, 2, 3, 4].map((number) => `1773043200.${number}`),
    )
  })

  it('is read beside archives.json without reporting an alert twice', async () => {
    workspace.file('bad.txt', 'evil.example.net\n')
    const alerts = workspace.alerts()
    const archives = createLogWriter(workspace.path('archives'), 'archives')
    workspace.config({
      sources: { wazuh: { ...source(alerts.path), files: [alerts.path, archives.path] } },
      suppress: { matchWindow: '0s' },
    })
    for (const [writer, ids] of [
      [alerts, [1, 2]],
      [archives, [7, 7, 7]],
    ] as const) {
      ids.forEach((id, index) => writer.line(fired(id, index + 1)))
      writer.flush()
    }
    const daemon = workspace.start()
    await workspace.matched(3)
    expect(await stop(daemon)).toMatchObject({ alertsRead: 5, matches: 3 })
    archives.close()
  })

  it('that may not be read is told with what to do, and read when it may', async () => {
    const asNobody = process.geteuid?.() === 0 ? { uid: NOBODY } : {}
    if ((await runCli(['--version'], asNobody)).code !== 0) {
      process.stderr.write(
        'SKIPPED: another user cannot run this checkout, EACCES is not tested end to end\n',
      )
      return
    }
    workspace.file('bad.txt', 'evil.example.net\n')
    const writer = workspace.alerts()
    writer.line(query(1, 'evil.example.net'))
    writer.flush()
    chmodSync(writer.path, 0o000)
    workspace.config()
    if ('uid' in asNobody) chownSync(workspace.path('.'), NOBODY, NOBODY)
    const daemon = workspace.start(asNobody)
    const line = await daemon.logged('No permission to read the file', { file: writer.path })
    expect(line['hint']).toContain('group wazuh')
    chmodSync(writer.path, 0o644)
    await workspace.matched(1)
    expect(await stop(daemon)).toMatchObject({ alertsRead: 1, matches: 1 })
  })
})

describe('a full disk', () => {
  it('is told and waited for; nothing is lost, nothing is doubled', async () => {
    workspace.file('bad.txt', 'evil.example.net\n')
    symlinkSync('/dev/full', workspace.path('ioc-matched.log'))
    const writer = workspace.alerts()
    for (const number of [1, 2, 3]) writer.line(query(number, `a${number}.evil.example.net`))
    writer.flush()
    const daemon = workspace.start()
    const refused = 'A sink does not accept matches; reading waits until it does, nothing is lost'
    const told = await daemon.logged(refused, { sink: 'matches' })
    expect(told).toMatchObject({ error: expect.stringContaining('No space left') as string })
    writer.line(query(4, 'a4.evil.example.net'))
    writer.flush()
    rmSync(workspace.path('ioc-matched.log'))
    await daemon.logged('The sink accepts matches again', { sink: 'matches' })
    await workspace.matched(4)
    expect(await stop(daemon)).toMatchObject({ alertsRead: 4, matches: 4 })
    expect(workspace.matches().map(({ observable }) => observable.value)).toEqual(
      [1, 2, 3, 4].map((number) => `a${number}.evil.example.net`),
    )
    expect(workspace.parsed()).toHaveLength(4)
  })
})

describe('an output file', () => {
  it('that somebody moved away is written anew under its name', async () => {
    workspace.file('bad.txt', 'evil.example.net\n')
    const writer = workspace.alerts()
    const daemon = workspace.start()
    writer.line(query(1, 'a1.evil.example.net'))
    writer.flush()
    await workspace.matched(1)
    mkdirSync(workspace.path('old'))
    renameSync(workspace.path('ioc-matched.log'), workspace.path('old/ioc-matched.log'))
    writer.line(query(2, 'a2.evil.example.net'))
    writer.flush()
    const [second] = await workspace.matched(1)
    expect(second?.observable.value).toBe('a2.evil.example.net')
    await stop(daemon)
  })
})

/** All in the same millisecond: only the rule's counter tells them apart. */
function fired(id: number, times: number): string {
  return query(0, 'evil.example.net')
    .replace('1773043200.0"', `1773043200.${id}"`)
    .replace('"level":5', `"level":5,"firedtimes":${times}`)
}

function halves(text: string): readonly [Buffer, Buffer] {
  const bytes = Buffer.from(text)
  const middle = Math.floor(bytes.length / 2)
  return [bytes.subarray(0, middle), bytes.subarray(middle)]
}
