import {
  copyFileSync,
  ftruncateSync,
  linkSync,
  mkdirSync,
  openSync,
  closeSync,
  renameSync,
  rmSync,
  statSync,
  symlinkSync,
  truncateSync,
  unlinkSync,
  writeFileSync,
  writeSync,
} from 'node:fs'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { alertLine, appendAlerts, createLogWriter } from '../support/log-writer.ts'
import { useWazuhFiles } from '../support/wazuh-file-tests.ts'
import { range } from '../support/wazuh-file.ts'

const files = useWazuhFiles()

function plain(): string {
  return join(files.folder(), 'plain.json')
}

describe('logrotate', () => {
  it('that renames alerts.json, and back: the source is degraded meanwhile, and well again', async () => {
    files.start()
    files.write(1)
    await files.read()
    expect(files.health()).toBe('ok')
    renameSync(files.writer().path, `${files.writer().path}.1`)
    await files.readLong()
    expect(files.health()).toBe('degraded')
    renameSync(`${files.writer().path}.1`, files.writer().path)
    files.write(2)
    expect(await files.readLong()).toEqual([1, 2])
    expect(files.health()).toBe('ok')
  })

  it('R02: that renames alerts.json without a new link: the dated file is followed on', async () => {
    files.start()
    files.write(1)
    await files.read()
    renameSync(files.writer().path, `${files.writer().path}.1`)
    files.write(2)
    expect(await files.readLong()).toEqual([1, 2])
    expect(files.logged('The path shows no file; still following the one that was open')).toHaveLength(1)
    files.writer().rotate('part')
    files.write(3)
    expect(await files.read()).toEqual([1, 2, 3])
  })

  it('R02, T6: that renamed alerts.json before the first start: the newest dated file is followed', async () => {
    files.write(1)
    renameSync(files.writer().path, `${files.writer().path}.1`)
    files.start({ startAt: 'checkpoint' })
    await files.read()
    files.write(2)
    expect(await files.readLong()).toEqual([2])
    expect(
      files.logged('The path shows no file; following the dated file that Wazuh writes to'),
    ).toHaveLength(1)
    files.writer().rotate('day')
    files.write(3)
    expect(await files.read()).toEqual([2, 3])
  })

  it('R02: that puts a new file in the place of the link: what Wazuh writes to its dated file is read', async () => {
    files.start()
    files.write(1)
    await files.read()
    renameSync(files.writer().path, `${files.writer().path}.1`)
    writeFileSync(files.writer().path, '')
    await files.read()
    files.write(2)
    expect(await files.readLong()).toEqual([1, 2])
    await files.restart()
    files.write(3)
    expect(await files.readLong()).toEqual([3])
  })

  it.each(['checkpoint', 'beginning'])(
    'R02, T6: that did so before the first start (startAt %s): the same',
    async (startAt) => {
      files.write(1)
      unlinkSync(files.writer().path)
      writeFileSync(files.writer().path, '')
      files.start({ startAt })
      await files.read()
      files.write(2)
      expect(await files.readLong()).toEqual(startAt === 'beginning' ? [1, 2] : [2])
    },
  )
})

describe('copytruncate', () => {
  it('R03: goes on at the beginning, and tells of no loss when all was read', async () => {
    files.start()
    files.write(1)
    await files.read()
    copyFileSync(files.writer().path, `${files.writer().path}.copy`)
    files.writer().truncate()
    files.write(2)
    expect(await files.read()).toEqual([1, 2])
    expect(await files.counted('file_rotations_total', 'truncate')).toBe(1)
    expect(await files.counted('file_losses_total', 'truncated')).toBe(0)
  })

  it('R03: of a file that was not read to its end is counted as a loss', async () => {
    files.write(...range(0, 100))
    const { settle, open } = files.start({ batchAlerts: 1, readBytes: '1KiB' })
    await settle(false)
    expect(open).toHaveLength(64)
    files.writer().truncate()
    files.write(500)
    for (const batch of open.splice(0)) batch.ack()
    const read = await files.read()
    expect(read.at(-1)).toBe(500)
    expect(read.length).toBeLessThan(100)
    expect(await files.counted('file_losses_total', 'truncated')).toBe(1)
    const [told] = files.logged('The file was truncated before it was read to its end')
    expect(told).toMatchObject({ file: files.writer().path, bytes: expect.any(Number) as number })
  })

  it('R03: with a writer that keeps its own offset: the hole before its next line is skipped', async () => {
    const fd = openSync(plain(), 'w')
    let offset = 0
    const write = (number: number): void => {
      offset += writeSync(fd, `${alertLine(number)}\n`, offset)
    }
    for (const number of range(0, 200)) write(number)
    files.start({ files: [plain()], maxLineBytes: '1KiB', readBytes: '4KiB' })
    await files.read()
    ftruncateSync(fd, 0)
    write(200)
    const first = await files.read()
    ftruncateSync(fd, 0)
    await files.read()
    write(201)
    closeSync(fd)
    expect(first).toEqual(range(0, 201))
    expect(await files.read()).toEqual(range(0, 202))
    expect(await files.counted('lines_repaired_total', 'zeros')).toBe(2)
    expect(await files.counted('lines_skipped_total', 'too_long')).toBe(0)
  })

  it('R05: while Tripline is stopped: the new content is read', async () => {
    files.start()
    files.write(1, 2, 3)
    await files.read()
    const stopped = files.restart()
    truncateSync(files.writer().dated(), 0)
    files.write(4)
    await stopped
    expect(await files.read()).toEqual([4])
  })
})

describe('a symbolic link', () => {
  it('R10: whose target changes is followed to the new target, after the old one was read to its end', async () => {
    const [first, second] = ['first.json', 'second.json'].map((name) => join(files.folder(), name))
    appendAlerts(first ?? '', 1)
    symlinkSync(first ?? '', plain())
    files.start({ files: [plain()] })
    await files.read()
    appendAlerts(first ?? '', 2)
    appendAlerts(second ?? '', 3)
    unlinkSync(plain())
    symlinkSync(second ?? '', plain())
    expect(await files.readLong()).toEqual([1, 2, 3])
  })

  it('R10: to alerts.json leads to the dated files beside its target', async () => {
    const link = join(files.folder(), 'here', 'alerts.json')
    mkdirSync(join(files.folder(), 'here'))
    symlinkSync('../alerts.json', link)
    files.start({ files: [link] })
    files.write(1)
    await files.read()
    for (const number of [2, 3, 4]) {
      files.writer().rotate(number === 3 ? 'day' : 'part')
      files.write(number)
    }
    expect(await files.read()).toEqual([1, 2, 3, 4])
    await files.restart({ files: [link] })
    files.writer().rotate()
    files.write(5)
    files.writer().rotate()
    expect(await files.read()).toEqual([5])
  })
})

describe('an inode number', () => {
  it('R09: that is used again for a new file of the same name is another file', async () => {
    appendAlerts(plain(), 1, 2)
    files.start({ files: [plain()] })
    await files.read()
    const { ino } = statSync(plain())
    rmSync(plain())
    // The kernel gives the number to the next file at once on ext4; where it does not, this is an ordinary swap.
    appendAlerts(plain(), 3)
    const again = statSync(plain()).ino === ino
    appendAlerts(plain(), 4, 5)
    expect({ again, read: await files.readLong() }).toEqual({ again, read: [1, 2, 3, 4, 5] })
  })

  it('R09: of a deleted dated file that a later one has, across a restart', async () => {
    files.start()
    files.write(1)
    await files.read()
    const old = files.writer().dated()
    await files.restart()
    files.writer().rotate('day')
    rmSync(old)
    // Until one of the next files has it.
    for (const number of range(2, 6)) {
      files.write(number)
      files.writer().rotate('part')
    }
    expect(await files.read()).toEqual(range(2, 6))
  })
})

describe('the path', () => {
  it('R30: that shows an older file again, of another zone, is followed there and back', async () => {
    files.start()
    files.write(1)
    await files.read()
    files.writer().rotate('day')
    files.write(2)
    await files.read()
    files.writer().startAgain('before')
    files.write(3)
    await files.read()
    files.writer().rotate('day')
    files.write(4)
    expect(await files.read()).toEqual([1, 2, 3, 4])
    await files.restart()
    files.writer().startAgain('before')
    files.write(5)
    files.writer().rotate('day')
    files.write(6)
    const read = await files.read()
    expect([...read].toSorted((a, b) => a - b)).toEqual([5, 6])
  })

  it('T5: that was at new files of an older day between two looks leaves none of them out', async () => {
    files.start()
    files.write(1)
    await files.read()
    files.writer().rotate('day')
    files.write(2)
    await files.read()
    files.writer().startAgain('before')
    for (const number of [3, 4]) {
      files.writer().rotate('part')
      files.write(number)
    }
    files.writer().rotate('day')
    files.write(5)
    const read = [...(await files.readLong())]
    expect(read.toSorted((a, b) => a - b)).toEqual([1, 2, 3, 4, 5])
  })

  it('may be removed together with its dated name: the open file is read on', async () => {
    files.start()
    files.write(1)
    await files.read()
    rmSync(files.writer().dated())
    rmSync(files.writer().path)
    files.write(2)
    expect(await files.read()).toEqual([1, 2])
    // Wazuh makes a new one at its next rotation.
    files.writer().rotate('part')
    files.write(3)
    expect(await files.read()).toEqual([1, 2, 3])
  })

  it('R35: of a channel of Wazuh 5 is followed over its dated files, packed at once', async () => {
    const root = join(files.folder(), 'logs')
    const folder = join(root, '2026', 'Mar')
    mkdirSync(folder, { recursive: true })
    const link = join(root, 'network-activity.json')
    const day = (number: number): string => join(folder, `wazuh-network-activity-0${number}.json`)
    const swap = (number: number): void => {
      appendAlerts(day(number), number * 10)
      rmSync(link, { force: true })
      linkSync(day(number), link)
    }
    swap(1)
    files.start({ files: [link] })
    await files.read()
    appendAlerts(day(1), 11)
    const writer = createLogWriter(join(files.folder(), 'unused'))
    const stopped = files.restart({ files: [link] })
    for (const number of [2, 3]) {
      swap(number)
      writer.compress(day(number - 1))
    }
    await stopped
    expect(await files.read()).toEqual([11, 20, 30])
    swap(4)
    writer.compress(day(3))
    writer.close()
    expect(await files.read()).toEqual([11, 20, 30, 40])
    expect(await files.counted('file_losses_total', 'gone')).toBe(0)
  })
})
