import { execFileSync } from 'node:child_process'
import { chmodSync, mkdirSync, rmSync, statSync, symlinkSync, utimesSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { alertLine } from '../support/log-writer.ts'
import { useSpool } from '../support/spool.ts'
import { numbersOf, range } from '../support/wazuh-file.ts'

const spool = useSpool()

function put(...numbers: readonly number[]): void {
  for (const number of numbers) spool.put(number, `${alertLine(number)}\n`)
}

describe('files in the folder', () => {
  it('are read in the order of their names, many in one batch, and removed when acknowledged', async () => {
    put(...range(0, 600).toReversed())
    const running = spool.start()
    const batches = [await running.next(), await running.next(), await running.next()]
    expect(batches.map((batch) => batch?.alerts.length)).toEqual([256, 256, 88])
    expect(numbersOf(batches.flatMap((batch) => batch?.alerts ?? []))).toEqual(range(0, 600))
    expect(spool.list('new')).toHaveLength(600)
    batches[1]?.ack()
    batches[1]?.ack()
    await running.source.close()
    expect(spool.list('new')).toHaveLength(344)
    batches[0]?.ack()
    batches[2]?.ack()
    await running.stop()
    expect(spool.list('new')).toEqual([])
  })

  it('are noticed when they come', async () => {
    const running = spool.start({ pollInterval: '1h' })
    await running.logged('Reading a spool')
    put(1)
    expect(numbersOf(await running.take(1))).toEqual([1])
    // Written elsewhere and renamed, as the scripts do.
    writeFileSync(join(spool.dir, 'tmp/x'), alertLine(2))
    execFileSync('mv', [join(spool.dir, 'tmp/x'), join(spool.dir, 'new/1773043299.1.1.custom-misp')])
    expect(numbersOf(await running.take(1))).toEqual([2])
  })

  it('are found by looking, where changes are not reported', async () => {
    const running = spool.start()
    await running.logged('Reading a spool')
    // The watched folder is gone with its name: another one has taken it.
    execFileSync('mv', [join(spool.dir, 'new'), join(spool.dir, 'old')])
    put(1)
    const alerts = running.take(1)
    await running.clock.advance(500)
    expect(numbersOf(await alerts)).toEqual([1])
  })

  it('carry their path as the origin of the alert', async () => {
    const path = spool.put(1, alertLine(1))
    const [alert] = await spool.start().take(1)
    expect(alert?.origin).toEqual({ file: path, offset: 0 })
  })

  it('may hold several alerts, which may come in several batches; the file goes with the last', async () => {
    spool.put(
      1,
      `${range(0, 25)
        .map((n) => alertLine(n))
        .join('\n')}\n\n`,
    )
    const running = spool.start({ batchAlerts: 10 })
    const batches = [await running.next(), await running.next(), await running.next()]
    expect(batches.map((batch) => batch?.alerts.length)).toEqual([10, 10, 5])
    batches[2]?.ack()
    batches[0]?.ack()
    await running.source.close()
    expect(spool.list('new')).toHaveLength(1)
    batches[1]?.ack()
    await running.source.close()
    expect(spool.list('new')).toEqual([])
  })

  it('with alerts and other lines give the alerts; the others are counted', async () => {
    spool.put(1, `{torn\n${alertLine(1)}\n[]\n`)
    const running = spool.start()
    expect(numbersOf(await running.take(1))).toEqual([1])
    expect(await running.telemetry.metrics.byReason('lines_skipped_total')).toEqual({
      malformed: 1,
      not_object: 1,
    })
    expect(await running.telemetry.metrics.total('spool_files')).toBe(1)
  })

  it('whose names begin with a dot are left alone', async () => {
    put(1)
    writeFileSync(join(spool.dir, 'new/.hidden'), '{torn')
    const running = spool.start()
    await running.take(1)
    await running.stop()
    expect(spool.list('new')).toEqual(['.hidden'])
  })

  it('are held in bounded number: more wait until some are done', async () => {
    put(...range(0, 4200))
    const running = spool.start({ pollInterval: '1h' })
    const first = await running.next()
    expect(numbersOf(await running.take(4096 - 256, false))).toEqual(range(256, 4096))
    const more = running.take(104, false)
    // Nothing is read between this line and the next acknowledgement: the source told so before it went to sleep.
    const { held } = await running.logged('Reading a spool waits until files of it are done')
    expect(held).toBe(4096)
    expect(await running.telemetry.metrics.total('alerts_read_total')).toBe(4096)
    first?.ack()
    expect(numbersOf(await more)).toEqual(range(4096, 4200))
  })
})

describe('a restart', () => {
  it('reads again what was not acknowledged, and nothing else', async () => {
    put(...range(0, 30))
    const first = spool.start({ batchAlerts: 10 })
    const batches = [await first.next(), await first.next(), await first.next()]
    batches[1]?.ack()
    await first.stop()
    const second = spool.start()
    expect(numbersOf(await second.take(20))).toEqual([...range(0, 10), ...range(20, 30)])
  })

  it('finds what was written while nobody read', async () => {
    await spool.start().stop()
    put(7)
    expect(numbersOf(await spool.start().take(1))).toEqual([7])
  })
})

describe('the folders', () => {
  it('are made with the modes that let the group write alerts, whatever the umask, with the mark of a daemon', async () => {
    const umask = process.umask(0o077)
    try {
      await spool.start().logged('Reading a spool')
    } finally {
      process.umask(umask)
    }
    const modes = ['.', 'tmp', 'new', 'failed'].map((name) => statSync(join(spool.dir, name)).mode & 0o7777)
    expect(modes).toEqual([0o2750, 0o2770, 0o2770, 0o2750])
    expect(statSync(join(spool.dir, 'served')).isFile()).toBe(true)
  })

  it('that are there keep their modes', async () => {
    mkdirSync(join(spool.dir, 'new'), { recursive: true })
    chmodSync(join(spool.dir, 'new'), 0o730)
    await spool.start().logged('Reading a spool')
    expect(statSync(join(spool.dir, 'new')).mode & 0o7777).toBe(0o730)
  })

  it('that cannot be made are told, and made when that is possible', async () => {
    writeFileSync(spool.dir, 'a file')
    const running = spool.start()
    expect(
      await running.logged(`The spool cannot be used: EEXIST: file already exists, mkdir '${spool.dir}'`),
    ).toMatchObject({ code: 'SOURCE_UNREADABLE' })
    rmSync(spool.dir)
    put(1)
    const alerts = running.take(1)
    await running.clock.advance(500)
    expect(numbersOf(await alerts)).toEqual([1])
  })

  it('that vanish are made again', async () => {
    const running = spool.start()
    await running.logged('Reading a spool')
    rmSync(spool.dir, { recursive: true })
    const alerts = running.take(1)
    await running.clock.advance(500)
    await running.clock.advance(500)
    put(1)
    await running.clock.advance(500)
    expect(numbersOf(await alerts)).toEqual([1])
  })
})

describe('a file that gives no alert', () => {
  const CASES: readonly (readonly [string, string])[] = [
    ['', 'empty'],
    ['\n \n', 'empty'],
    ['{not json', 'not_json'],
    ["alertdate='2026 Nov 21 10:00:00'\n", 'not_json'],
    ['[1, 2]\n"text"\n', 'not_object'],
    [`{"id":"${'x'.repeat(2000)}"}`, 'too_large'],
  ]

  it.each(CASES)('is set aside with its reason: %j', async (text, reason) => {
    const name = spool.put(1, text).split('/').at(-1) ?? ''
    put(2)
    const running = spool.start({ maxAlertBytes: '1KiB' })
    expect(numbersOf(await running.take(1))).toEqual([2])
    expect(spool.list('failed')).toEqual([name, `${name}.reason`])
    expect(spool.text('failed', name)).toBe(text)
    expect(spool.text('failed', `${name}.reason`)).toContain(`${reason}: `)
    expect(await spool.counted('spool_files_failed_total', reason)).toBe(1)
    expect(running.notices).toMatchObject([
      { provider: 'spool', platform: 'opencti', kind: 'failing', code: 'ALERT_MALFORMED' },
    ])
    expect(running.notices[0]?.message).toMatch(/^Invalid Wazuh log structure: /)
  })

  it('because it is none is set aside: folders, pipes, links to what the writer may not read', async () => {
    put(9)
    const fresh = join(spool.dir, 'new')
    mkdirSync(join(fresh, '1'))
    execFileSync('sh', ['-c', 'mkfifo "$0"', join(fresh, '2')])
    symlinkSync('/etc/passwd', join(fresh, '3'))
    const running = spool.start()
    expect(numbersOf(await running.take(1))).toEqual([9])
    expect(spool.list('failed')).toEqual(['1', '1.reason', '2', '2.reason', '3', '3.reason'])
    expect(await spool.counted('spool_files_failed_total', 'not_file')).toBe(3)
  })

  it('that cannot be set aside is told, and holds up nothing', async () => {
    spool.put(1, '{torn')
    const running = spool.start()
    mkdirSync(join(spool.dir, 'failed', '1773043201.000000001.4711.custom-opencti', 'in the way'), {
      recursive: true,
    })
    put(2)
    expect(numbersOf(await running.take(1))).toEqual([2])
    put(3)
    expect(numbersOf(await running.take(1))).toEqual([3])
    expect(spool.list('new')).toContain('1773043201.000000001.4711.custom-opencti')
    expect(running.notices).toHaveLength(1)
    expect(await running.telemetry.metrics.total('spool_files_passed_over')).toBe(1)
    // Gone, and another one with its name: that is looked at anew.
    rmSync(spool.path(1))
    put(4)
    expect(numbersOf(await running.take(1))).toEqual([4])
    put(1)
    put(5)
    expect(numbersOf(await running.take(2))).toEqual([1, 5])
  })

  it('is kept within limits of number and size, the newest, also those of earlier runs', async () => {
    for (const second of range(0, 6)) spool.put(second, `{torn ${second}`)
    const first = spool.start({ maxFailedFiles: 4 })
    put(10)
    await first.take(1)
    const kept = spool.list('failed').filter((name) => !name.endsWith('.reason'))
    expect(kept.map((name) => name.slice(9, 10))).toEqual(['2', '3', '4', '5'])
    expect(spool.list('failed')).toHaveLength(8)
    expect(await spool.counted('spool_files_removed_total', 'failed_limit')).toBe(2)
    await first.stop()
    spool.put(11, 'x'.repeat(1020))
    const second = spool.start({ maxFailedFiles: 4, maxFailedBytes: '1KiB' })
    put(12)
    await second.take(1)
    expect(spool.list('failed').filter((name) => !name.endsWith('.reason'))).toEqual([
      '1773043211.000000001.4711.custom-opencti',
    ])
  })
})

describe('an alert that lacks what the scripts need', () => {
  it.each([
    ['{"rule":{},"agent":{}}', 'the alert has no id'],
    ['{"id":"1","agent":{}}', 'the alert has no rule'],
    ['{"id":"1","rule":{}}', 'the alert has no agent'],
    ['{}', 'the alert has no id, no rule, no agent'],
  ])('is told, and worked on all the same: %s', async (text, told) => {
    spool.put(1, text, 'custom-misp')
    const running = spool.start()
    expect(await running.take(1)).toHaveLength(1)
    expect(running.notices).toEqual([
      {
        provider: 'spool',
        platform: 'misp',
        kind: 'failing',
        code: 'ALERT_MALFORMED',
        message: `Invalid Wazuh log structure: ${told}`,
        at: running.clock.now(),
      },
    ])
    expect(await running.telemetry.metrics.total('alerts_incomplete_total')).toBe(1)
  })

  it('has no platform when the file does not say who wrote it', async () => {
    mkdirSync(join(spool.dir, 'new'), { recursive: true })
    writeFileSync(join(spool.dir, 'new/by-hand'), '{}')
    const running = spool.start()
    await running.take(1)
    expect(running.notices[0]).not.toHaveProperty('platform')
  })
})

describe('what a killed writer left', () => {
  it('is removed after an hour, and not before', async () => {
    mkdirSync(join(spool.dir, 'tmp'), { recursive: true })
    const running = spool.start()
    const age = (name: string, seconds: number): void => {
      const at = running.clock.now() / 1000 - seconds
      writeFileSync(join(spool.dir, 'tmp', name), '{')
      utimesSync(join(spool.dir, 'tmp', name), at, at)
    }
    age('old', 3700)
    age('young', 3500)
    const { files } = await running.logged('Files of the spool were removed unread')
    expect(files).toBe(1)
    expect(spool.list('tmp')).toEqual(['young'])
    expect(await spool.counted('spool_files_removed_total', 'stale')).toBe(1)
  })
})

describe('the source', () => {
  it('ends when told to, in the middle of a batch or of a wait', async () => {
    const idle = spool.start()
    await idle.logged('Reading a spool')
    await idle.stop()
    expect(await idle.next()).toBeUndefined()
    put(...range(0, 20))
    const busy = spool.start({ batchAlerts: 5 })
    await busy.next()
    await busy.stop()
    expect(await busy.next()).toBeUndefined()
    expect(spool.list('new')).toHaveLength(20)
  })
})
