import {
  copyFileSync,
  existsSync,
  readFileSync,
  renameSync,
  rmSync,
  truncateSync,
  writeFileSync,
} from 'node:fs'
import { join } from 'node:path'
import { gzipSync } from 'node:zlib'
import { describe, expect, it } from 'vitest'
import { appendAlerts } from '../support/log-writer.ts'
import { useWazuhFiles } from '../support/wazuh-file-tests.ts'

const files = useWazuhFiles()

function plain(): string {
  return join(files.folder(), 'plain.json')
}

function packFile(path: string): void {
  writeFileSync(`${path}.gz`, gzipSync(readFileSync(path)))
  rmSync(path)
}

/** As logrotate does: `.2` to `.3`, `.1` to `.2`, the file to `.1`. */
function cascade(path: string): void {
  for (const number of [3, 2, 1]) {
    if (existsSync(`${path}.${number}`)) renameSync(`${path}.${number}`, `${path}.${number + 1}`)
  }
  renameSync(path, `${path}.1`)
}

describe('logrotate', () => {
  it('R02: of a file outside Wazuh’s folders, several times between two looks: all are read in order', async () => {
    appendAlerts(plain(), 1)
    files.start({ files: [plain()] })
    await files.read()
    appendAlerts(plain(), 2)
    for (const number of [3, 4]) {
      cascade(plain())
      appendAlerts(plain(), number)
    }
    cascade(plain())
    appendAlerts(plain(), 5)
    expect(await files.readLong()).toEqual([1, 2, 3, 4, 5])
  })

  it('R05: of a file outside Wazuh’s folders while Tripline is stopped: all are read in order', async () => {
    appendAlerts(plain(), 1)
    files.start({ files: [plain()] })
    await files.read()
    const stopped = files.restart({ files: [plain()] })
    appendAlerts(plain(), 2)
    for (const suffix of ['-20260309', '-20260310']) {
      renameSync(plain(), `${plain()}${suffix}`)
      appendAlerts(plain(), suffix === '-20260309' ? 3 : 4)
    }
    await stopped
    expect(await files.readLong()).toEqual([2, 3, 4])
  })

  it.each([
    { name: 'the older one, as with delaycompress', packed: ['.2'] },
    { name: 'both', packed: ['.2', '.1'] },
  ])('R05: the same when it packed $name: all are read in order, once', async ({ packed }) => {
    appendAlerts(plain(), 0)
    cascade(plain())
    appendAlerts(plain(), 1)
    files.start({ files: [plain()] })
    await files.read()
    const stopped = files.restart({ files: [plain()] })
    appendAlerts(plain(), 2)
    // What was read first stands in `.3`, and is not read.
    for (const number of [3, 4]) {
      cascade(plain())
      appendAlerts(plain(), number)
    }
    for (const suffix of packed) packFile(`${plain()}${suffix}`)
    await stopped
    expect(await files.readLong()).toEqual([2, 3, 4])
    expect(await files.counted('file_losses_total', 'gone')).toBe(0)
    await files.restart({ files: [plain()] })
    expect(await files.readLong()).toEqual([])
  })

  it('R05: the same with dates in the packed names', async () => {
    appendAlerts(plain(), 1)
    files.start({ files: [plain()] })
    await files.read()
    const stopped = files.restart({ files: [plain()] })
    appendAlerts(plain(), 2)
    for (const [index, day] of ['-20260309', '-20260310', '-20260311'].entries()) {
      renameSync(plain(), `${plain()}${day}`)
      appendAlerts(plain(), index + 3)
    }
    for (const day of ['-20260309', '-20260310']) packFile(`${plain()}${day}`)
    await stopped
    expect(await files.readLong()).toEqual([2, 3, 4, 5])
    expect(await files.counted('file_losses_total', 'gone')).toBe(0)
  })

  it('R05: the same when the file read last is gone: the loss is told, and all that was not read is read', async () => {
    appendAlerts(plain(), 0)
    cascade(plain())
    appendAlerts(plain(), 1)
    files.start({ files: [plain()] })
    await files.read()
    const stopped = files.restart({ files: [plain()] })
    appendAlerts(plain(), 2)
    for (const number of [3, 4, 5]) {
      cascade(plain())
      appendAlerts(plain(), number)
    }
    rmSync(`${plain()}.3`)
    packFile(`${plain()}.2`)
    await stopped
    // Nobody knows that the oldest was there before: rather twice than not at all.
    expect(await files.readLong()).toEqual([0, 3, 4, 5])
    expect(await files.counted('file_losses_total', 'gone')).toBe(1)
    await files.restart({ files: [plain()] })
    expect(await files.readLong()).toEqual([])
    expect(await files.counted('file_losses_total', 'gone')).toBe(0)
  })

  it('R12: keeps reading what a slow writer still adds to the renamed file, before the new one', async () => {
    appendAlerts(plain(), 1)
    files.start({ files: [plain()] })
    await files.read()
    renameSync(plain(), `${plain()}.1`)
    appendAlerts(plain(), 3)
    await files.read()
    appendAlerts(`${plain()}.1`, 2)
    expect(await files.readLong()).toEqual([1, 2, 3])
  })
})

describe('copytruncate', () => {
  it('R05: while Tripline is stopped: what stands in the copy is read, then the new content', async () => {
    appendAlerts(plain(), 1)
    files.start({ files: [plain()] })
    await files.read()
    const stopped = files.restart({ files: [plain()] })
    appendAlerts(plain(), 2)
    copyFileSync(plain(), `${plain()}.1`)
    truncateSync(plain(), 0)
    appendAlerts(plain(), 3)
    await stopped
    expect(await files.readLong()).toEqual([2, 3])
    expect(await files.counted('file_losses_total', 'gone')).toBe(0)
  })
})
