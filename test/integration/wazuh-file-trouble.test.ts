import { readdirSync, renameSync, rmSync, statSync, utimesSync, writeFileSync } from 'node:fs'
import { describe, expect, it } from 'vitest'
import { wazuhFileConfig } from '../../src/sources/wazuh-file/config.ts'
import { faultyFiles } from '../support/faulty-files.ts'
import { alertLine, createLogWriter } from '../support/log-writer.ts'
import { useWazuhFiles } from '../support/wazuh-file-tests.ts'
import { range, runSource, temporaryFolder } from '../support/wazuh-file.ts'

const files = useWazuhFiles()

/** How many open files of this process have the inode number. */
function openCount(ino: number): number {
  return readdirSync('/proc/self/fd').filter((fd) => {
    try {
      return statSync(`/proc/self/fd/${fd}`).ino === ino
    } catch {
      return false
    }
  }).length
}

function isInterval(pollInterval: string): boolean {
  return wazuhFileConfig.safeParse({ type: 'wazuh-file', pollInterval }).success
}

describe('a network file system', () => {
  it.each(['ESTALE', 'EIO', 'ENOTCONN'])(
    'R14, T15: that answers %s for a while loses and repeats nothing, over a rotation too',
    async (code) => {
      const faulty = faultyFiles()
      files.start({}, faulty.access)
      files.write(1)
      await files.read()
      const inos = [statSync(files.writer().path).ino]
      faulty.fail(code)
      files.write(2)
      await files.read()
      files.writer().rotate('day')
      inos.push(statSync(files.writer().path).ino)
      files.write(3)
      await files.read()
      faulty.fail(undefined)
      await files.read()
      expect(await files.read()).toEqual([1, 2, 3])
      // The writer has the new one open, too.
      expect(inos.map(openCount)).toEqual([0, 2])
      expect(files.logged('The file cannot be read')[0]).toMatchObject({ errno: code })
    },
  )

  it('T15: is polled at least once a second: a longer interval is refused', () => {
    expect(['10ms', '1s', '1001ms', '1m', '1ms'].map(isInterval)).toEqual([true, true, false, false, false])
  })
})

describe('rights', () => {
  it('T14, R14: taken from the files and given back lose nothing', async () => {
    const faulty = faultyFiles()
    files.start({}, faulty.access)
    files.write(1)
    await files.read()
    faulty.fail('EACCES')
    files.write(2)
    files.writer().rotate('part')
    files.write(3)
    await files.read()
    const told = files.logged('No permission to read the file')
    faulty.fail(undefined)
    await files.read()
    expect(await files.read()).toEqual([1, 2, 3])
    expect(told).toHaveLength(1)
    expect(told[0]).toMatchObject({ hint: expect.stringContaining('group wazuh') as string })
  })

  it('T14, R14: missing at one file in between make reading wait rather than pass it over', async () => {
    const faulty = faultyFiles()
    files.start()
    files.write(1)
    await files.read()
    const running = files.restart({}, faulty.access)
    files.writer().rotate('part')
    files.write(2)
    faulty.fail('EACCES', files.writer().dated())
    files.writer().rotate('part')
    files.write(3)
    const { settle } = await running
    // Longer than a spoilt file is waited for: rights can be given back.
    const waiting = await settle(true, 300)
    faulty.fail(undefined)
    await files.read()
    expect({ waiting, read: await files.read() }).toEqual({ waiting: [], read: [2, 3] })
  })
})

describe('a file that was rotated away', () => {
  it('R12: stays open until it is read to its end, also deleted, and is let go of then', async () => {
    files.write(...range(0, 200))
    const { settle, open } = files.start({ batchAlerts: 1, readBytes: '1KiB' })
    await settle(false)
    const old = files.writer().dated()
    files.writer().rotate('day')
    files.write(200)
    const { ino } = statSync(old)
    rmSync(old)
    const held = openCount(ino)
    for (const batch of open.splice(0)) batch.ack()
    expect(await files.read()).toEqual(range(0, 201))
    expect(held).toBe(1)
    expect(openCount(ino)).toBe(0)
  })
})

describe('what nobody can give back', () => {
  it.each([
    [0, []],
    [3000, range(1, 9)],
  ])(
    'R11: a spoilt place in an old file, at byte %d, is given up after a minute, counted once, and the rest is read',
    async (offset, before) => {
      const faulty = faultyFiles()
      files.start()
      files.write(0)
      await files.read()
      const running = files.restart({ readBytes: '1KiB' }, faulty.access)
      files.write(...range(1, 30))
      faulty.spoil(files.writer().dated(), offset)
      files.writer().rotate('day')
      files.write(30)
      const { settle } = await running
      await settle(true, 100)
      const early = await files.read()
      await settle(true, 2400)
      expect(early).not.toContain(30)
      // Whole lines up to the spoilt place, then what follows the file.
      const read = await files.read()
      expect(read.slice(0, before.length)).toEqual(before)
      expect(read).toEqual([...range(1, read.length), 30])
      expect(await files.counted('file_losses_total', 'damaged')).toBe(1)
      const again = await files.restart({}, faulty.access)
      files.write(31)
      await again.settle(true, 100)
      expect(await files.read()).toEqual([31])
      expect(await files.counted('file_losses_total', 'damaged')).toBe(0)
    },
  )

  it('R11: the same in the first block of a file between the one read last and the live one', async () => {
    const faulty = faultyFiles()
    files.start()
    files.write(0)
    await files.read()
    const running = files.restart({}, faulty.access)
    for (const number of [1, 2, 3]) {
      files.writer().rotate('part')
      files.write(number)
      if (number === 1) faulty.spoil(files.writer().dated(), 0)
    }
    const { settle } = await running
    await settle(true, 100)
    const early = await files.read()
    await settle(true, 300)
    expect(early).toEqual([])
    expect(await files.read()).toEqual([2, 3])
    expect(await files.counted('file_losses_total', 'damaged')).toBe(1)
    files.write(4)
    expect(await files.read()).toEqual([2, 3, 4])
  })

  it('R11: a part deleted before it was read is told with its number, and counted', async () => {
    files.start()
    files.write(1)
    await files.read()
    const running = files.restart()
    await running
    const deleted: string[] = []
    for (const number of range(2, 6)) {
      files.writer().rotate('part')
      files.write(number)
      if (number === 3 || number === 4) deleted.push(files.writer().dated())
    }
    for (const path of deleted) rmSync(path)
    expect(await files.read()).toEqual([2, 5])
    expect(await files.counted('file_losses_total', 'gap')).toBe(2)
    expect(files.logged('Files of a day are gone before they were read')[0]).toMatchObject({
      after: '2026-02-27.000000001',
      before: '2026-02-27.000000004',
      files: 2,
    })
  })

  it('R11: the file read last, deleted while stopped, is told and counted once', async () => {
    files.start()
    files.write(1)
    await files.read()
    const old = files.writer().dated()
    const running = files.restart()
    files.writer().rotate('day')
    files.write(2)
    rmSync(old)
    await running
    expect(await files.read()).toEqual([2])
    expect(await files.counted('file_losses_total', 'gone')).toBe(1)
    await files.restart()
    expect(await files.read()).toEqual([])
    expect(await files.counted('file_losses_total', 'gone')).toBe(0)
  })

  it('R11: the same when the next file got its inode number: it is read, and the loss is told', async () => {
    files.start()
    files.write(1)
    await files.read()
    const running = files.restart()
    files.write(2)
    // The same number by the surest way: the same file with another name and other bytes.
    const next = files.writer().dated().replace('-27', '-28')
    renameSync(files.writer().dated(), next)
    writeFileSync(next, `${alertLine(3)}\n`)
    await running
    expect(await files.read()).toEqual([3])
    expect(await files.counted('file_losses_total', 'gone')).toBe(1)
    expect(await files.counted('file_rotations_total', 'truncate')).toBe(0)
  })

  it('R11: a file emptied and filled again while stopped is told and counted once: nobody knows what stood in it', async () => {
    files.start()
    files.write(1)
    await files.read()
    const running = files.restart()
    files.write(2)
    files.writer().truncate()
    files.write(3)
    await running
    expect(await files.read()).toEqual([3])
    expect(await files.counted('file_losses_total', 'gone')).toBe(1)
    expect(await files.counted('file_rotations_total', 'truncate')).toBe(1)
    await files.restart()
    await files.read()
    expect(await files.counted('file_losses_total', 'gone')).toBe(0)
  })

  it('R11: files deleted after they were read are no loss', async () => {
    files.start()
    const old: string[] = []
    for (const number of range(0, 5)) {
      files.write(number)
      old.push(files.writer().dated())
      files.writer().rotate(number === 2 ? 'day' : 'part')
    }
    await files.read()
    for (const path of old) rmSync(path)
    await files.restart()
    files.write(5)
    expect(await files.read()).toEqual([5])
    for (const reason of ['gone', 'gap', 'truncated', 'damaged'])
      expect(await files.counted('file_losses_total', reason)).toBe(0)
  })
})

describe('rotation faster than reading', () => {
  it('R11: thousands of lines with a rotation after each thousand come once and in order', async () => {
    const { settle } = files.start()
    await settle()
    for (const round of range(0, 20)) {
      for (const number of range(round * 1000, round * 1000 + 1000))
        files.writer().bytes(Buffer.from(`{"id":"1.${number}","rule":{"id":"5"}}\n`))
      files.writer().rotate(round % 7 === 6 ? 'day' : 'part')
      // Every third rotation goes unseen.
      if (round % 3 === 0) await settle()
    }
    expect(await files.read()).toEqual(range(0, 20_000))
  })

  it('R11: catching up opens a number of files that grows as the number of files does, not as its square', async () => {
    const opens: number[] = []
    for (const count of [60, 180]) {
      const folder = temporaryFolder()
      const writer = createLogWriter(folder.path)
      for (const number of range(0, count)) {
        writer.bytes(Buffer.from(`{"id":"1.${number}","rule":{"id":"5"}}\n`))
        writer.rotate(number % 10 === 9 ? 'day' : 'part')
      }
      const faulty = faultyFiles()
      const settings = { files: [writer.path], startAt: 'checkpoint', backfillDays: 99 }
      const running = runSource(folder.path, settings, { access: faulty.access })
      await running.settle()
      opens.push(faulty.opened())
      expect(running.alerts).toHaveLength(count)
      await running.stop()
      writer.close()
      folder.remove()
    }
    const [few = 0, many = 0] = opens
    expect(few).toBeGreaterThan(60)
    expect(many).toBeLessThan(few * 3.5)
  })
})

describe('time', () => {
  it('T18: of change of the files decides nothing about their order', async () => {
    files.start()
    files.write(1)
    await files.read()
    const running = files.restart()
    const paths: string[] = []
    for (const number of range(2, 6)) {
      paths.push(files.writer().dated())
      files.writer().rotate(number % 2 === 0 ? 'part' : 'day')
      files.write(number)
    }
    // Touched in the wrong order, as by a backup that was put back.
    for (const [index, path] of paths.entries()) utimesSync(path, 1e9 - index * 86_400, 1e9 - index * 86_400)
    await running
    expect(await files.read()).toEqual(range(2, 6))
  })
})
