import { chmodSync, existsSync, mkdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { alertLine } from '../support/log-writer.ts'
import { useSpool } from '../support/spool.ts'
import { asNobody } from '../support/unprivileged.ts'
import { numbersOf, range } from '../support/wazuh-file.ts'

const spool = useSpool()

function put(...numbers: readonly number[]): void {
  for (const number of numbers) spool.put(number, `${alertLine(number)}\n`)
}

/** Until when scripts may leave alerts in the folder. */
function mark(): number {
  return Number(readFileSync(join(spool.dir, 'served'), 'utf8'))
}

describe('a file that cannot be read for now', () => {
  it('as the daemon lacks the group stays where it is, is told once with what to do, and holds up nothing', () =>
    asNobody(async () => {
      put(...range(0, 30), 99)
      for (const second of range(0, 30)) chmodSync(spool.path(second), 0)
      const running = spool.start({ maxFailedFiles: 2 })
      expect(numbersOf(await running.take(1))).toEqual([99])
      await running.source.close()
      expect(spool.list('new')).toHaveLength(30)
      expect(spool.list('failed')).toEqual([])
      expect(running.notices).toEqual([])
      const told = running.telemetry.lines.filter(({ msg }) => String(msg).includes('cannot be read'))
      expect(told).toMatchObject([
        {
          msg: 'A file of the spool cannot be read: no permission to read it',
          code: 'SOURCE_UNREADABLE',
          errno: 'EACCES',
          hint: expect.stringContaining('group wazuh') as string,
        },
      ])
      put(100)
      expect(numbersOf(await running.take(1))).toEqual([100])
      expect(await running.telemetry.metrics.total('spool_files_passed_over')).toBe(30)
    }))

  it('is read when the permission is there', () =>
    asNobody(async () => {
      put(1, 2)
      chmodSync(spool.path(1), 0)
      const running = spool.start()
      expect(numbersOf(await running.take(1))).toEqual([2])
      await running.source.close()
      chmodSync(spool.path(1), 0o600)
      expect(numbersOf(await running.takeInTime(1))).toEqual([1])
    }))

  it('as its name is not UTF-8 is told, and not asked for again and again', async () => {
    mkdirSync(join(spool.dir, 'new'), { recursive: true })
    writeFileSync(Buffer.concat([Buffer.from(`${spool.dir}/new/`), Buffer.from([0xff, 0xfe])]), alertLine(1))
    const running = spool.start()
    const isTold = (): boolean =>
      running.telemetry.lines.some(
        ({ msg }) => msg === 'A file of the spool is not found by its name: it is passed over',
      )
    await running.until(isTold)
    put(2)
    expect(numbersOf(await running.takeInTime(1))).toEqual([2])
    expect(await running.telemetry.metrics.total('spool_files_passed_over')).toBe(1)
    expect(spool.list('failed')).toEqual([])
  })

  it('as its name is not UTF-8 does not keep the source busy', async () => {
    mkdirSync(join(spool.dir, 'new'), { recursive: true })
    writeFileSync(Buffer.concat([Buffer.from(`${spool.dir}/new/`), Buffer.from([0xff])]), '')
    const running = spool.start({ pollInterval: '1h' })
    await running.slept(3_600_000)
    expect(await running.telemetry.metrics.total('spool_files')).toBe(1)
  })
})

describe('files that are done and cannot be removed', () => {
  it('are told together, tried again, and not read again', () =>
    asNobody(async () => {
      put(...range(0, 20))
      const running = spool.start()
      const batch = await running.next()
      chmodSync(join(spool.dir, 'new'), 0o500)
      batch?.ack()
      await running.source.close()
      const failures = running.telemetry.lines.filter(
        ({ msg }) => msg === 'A file of the spool could not be removed',
      )
      expect(failures).toMatchObject([{ errno: 'EACCES', files: 20 }])
      expect(spool.list('new')).toHaveLength(20)
      expect(await running.telemetry.metrics.total('log_lines_suppressed_total')).toBeLessThanOrEqual(1)
      chmodSync(join(spool.dir, 'new'), 0o700)
      put(30)
      expect(numbersOf(await running.take(1))).toEqual([30])
      await running.source.close()
      expect(spool.list('new')).toEqual([])
    }))

  it('in great number stop the reading, which is told', () =>
    asNobody(async () => {
      put(...range(0, 4100))
      const running = spool.start()
      const batches = []
      for (let read = 0; read < 4096; read += 256) batches.push(await running.next())
      chmodSync(join(spool.dir, 'new'), 0o500)
      for (const batch of batches) batch?.ack()
      await running.source.close()
      await running.logged('Reading a spool waits until files of it are done')
      const stopped = 'Reading a spool has stopped: so many files of it are done and cannot be removed'
      await running.until(() => running.telemetry.lines.some(({ msg }) => msg === stopped), 10_000)
      expect(await running.logged(stopped)).toMatchObject({ files: 4096 })
      chmodSync(join(spool.dir, 'new'), 0o700)
      expect(numbersOf(await running.takeInTime(4, 10_000))).toEqual(range(4096, 4100))
    }))
})

describe('the mark for the scripts', () => {
  it('says until when alerts may be left here, and moves on while the source runs', async () => {
    const running = spool.start({ maxOutage: '2h' })
    await running.logged('Reading a spool')
    const began = running.clock.now() / 1000
    expect(mark()).toBe(began + 7200)
    expect(statSync(join(spool.dir, 'served')).mode & 0o777).toBe(0o644)
    await running.until(() => mark() !== began + 7200, 10_000)
    expect(mark()).toBeGreaterThanOrEqual(began + 7200 + 60)
    await running.stop()
    expect(mark()).toBeGreaterThanOrEqual(began + 7200 + 60)
  })

  it('sends them away while the folder is too full', async () => {
    put(...range(0, 5))
    const running = spool.start({ maxFiles: 4, batchAlerts: 10 })
    expect((await running.next())?.alerts).toHaveLength(5)
    expect(mark()).toBe(0)
    expect(running.telemetry.lines).toContainEqual(
      expect.objectContaining({
        msg: 'The spool is full: the integrations look alerts up themselves',
        files: 5,
        limit: 4,
      }),
    )
    rmSync(spool.path(0))
    await running.until(() => mark() > running.clock.now() / 1000, 10_000)
  })

  it('that cannot be written is told, and tried again', async () => {
    mkdirSync(join(spool.dir, 'served/in the way'), { recursive: true })
    const running = spool.start()
    expect(await running.logged('The mark that the spool is served could not be written')).toMatchObject({
      file: join(spool.dir, 'served'),
    })
    await running.logged('Reading a spool')
    rmSync(join(spool.dir, 'served'), { recursive: true })
    await running.until(() => existsSync(join(spool.dir, 'served')), 10_000)
    expect(mark()).toBeGreaterThan(running.clock.now() / 1000)
  })
})
