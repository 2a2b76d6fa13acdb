import {
  appendFileSync,
  closeSync,
  existsSync,
  fstatSync,
  linkSync,
  mkdirSync,
  openSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  truncateSync,
  unlinkSync,
  writeFileSync,
  writeSync,
} from 'node:fs'
import { basename, dirname, join } from 'node:path'
import { gzipSync } from 'node:zlib'

/** stdio's block on ext4: analysisd's writes are cut here, anywhere in a line (recorded with 4.14.7). */
const BLOCK_BYTES = 4096
const MONTHS = ['Jan', 'Feb', 'Mar', 'Apr', 'May', 'Jun', 'Jul', 'Aug', 'Sep', 'Oct', 'Nov', 'Dec']

export interface LogWriter {
  /** The hard link that is followed: `<root>/alerts.json` or `<root>/archives.json`. */
  readonly path: string
  /** The dated file written to now. */
  dated(): string
  /** The first file of its day, or of the day before. */
  firstOf(day: 'same' | 'before'): string
  /** Adds a line; whole blocks reach the file, the rest stays in the writer's buffer. */
  line(text: string): void
  /** Adds bytes as they are. */
  bytes(bytes: Uint8Array): void
  /** What analysisd does every second: the rest of the buffer reaches the file. */
  flush(): void
  /** As flush, cut short: only so many bytes of the buffer reach the file. */
  flushPart(bytes: number): void
  /** Bytes that have not reached the file. */
  buffered(): number
  /** The next day (`day`) or part: flush, close, open the next dated file, unlink the link, link it again. */
  rotate(to?: 'part' | 'day'): void
  /** As rotate, stopped where the path shows nothing; the result links it. */
  rotateHalf(): () => void
  /** SIGTERM and start: flushed, the same file, unlinked and linked again. */
  restart(): void
  /**
   * SIGTERM and start: the highest part of the day that is there, or of the day before when the zone was changed. With
   * its newest file deleted, or its zone changed, Wazuh goes back to a file it had left (seen with 4.14.7).
   */
  startAgain(day?: 'same' | 'before'): void
  /** `kill -9` and start: the buffer is gone, the same file goes on where the last block ended. Gives the bytes lost. */
  crash(): number
  /** `> alerts.json`, or copytruncate. */
  truncate(): void
  /** monitord after midnight: this dated file becomes a `.gz`. */
  compress(dated: string): void
  close(): void
}

/** Writes alert files the way wazuh-analysisd 4.x does, under a folder that stands for `logs/alerts`. */
export function createLogWriter(root: string, kind: 'alerts' | 'archives' = 'alerts'): LogWriter {
  const path = join(root, `${kind}.json`)
  const stem = kind === 'alerts' ? 'ossec-alerts' : 'ossec-archive'
  let day = 27
  let part = 0
  let fd = -1
  let buffer = Buffer.alloc(0)

  const nameOf = (inDay: number, number: number): string => {
    const suffix = number === 0 ? '' : `-${String(number).padStart(3, '0')}`
    // 27 February and on: the turn of the month is part of every longer history.
    const date = new Date(Date.UTC(2026, 1, inDay))
    const month = MONTHS[date.getUTCMonth()] ?? ''
    return join(root, '2026', month, `${stem}-${String(date.getUTCDate()).padStart(2, '0')}${suffix}.json`)
  }
  const dated = (): string => nameOf(day, part)
  const open = (): void => {
    mkdirSync(dirname(dated()), { recursive: true })
    fd = openSync(dated(), 'a', 0o640)
  }
  const unlinkLive = (): void => {
    if (existsSync(path)) unlinkSync(path)
  }
  const flush = (): void => {
    if (buffer.length > 0) writeSync(fd, buffer)
    buffer = Buffer.alloc(0)
  }
  const reopen = (): void => {
    closeSync(fd)
    open()
    unlinkLive()
    linkSync(dated(), path)
  }
  const swap = (to: 'part' | 'day'): void => {
    flush()
    // An empty file of the day before loses its dated name first.
    if (to === 'day' && fstatSync(fd).size === 0) rmSync(dated(), { force: true })
    closeSync(fd)
    if (to === 'day') day += 1
    part = to === 'day' ? 0 : part + 1
    open()
    unlinkLive()
  }
  const highestPart = (): number => {
    const name = /^(.*-\d\d)(?:-\d+)?\.json$/.exec(basename(dated()))?.[1] ?? ''
    const parts = readdirSync(dirname(dated())).map((other) => {
      const suffix = other.startsWith(name) ? other.slice(name.length) : ''
      return Number(/^-(\d+)\.json$/.exec(suffix)?.[1] ?? 0)
    })
    return Math.max(0, ...parts)
  }
  open()
  unlinkLive()
  linkSync(dated(), path)

  const bytes = (added: Uint8Array): void => {
    buffer = Buffer.concat([buffer, added])
    const whole = buffer.length - (buffer.length % BLOCK_BYTES)
    for (let at = 0; at < whole; at += BLOCK_BYTES) writeSync(fd, buffer, at, BLOCK_BYTES)
    buffer = buffer.subarray(whole)
  }
  return {
    path,
    dated,
    firstOf: (which) => nameOf(which === 'same' ? day : day - 1, 0),
    bytes,
    flush,
    line: (text) => bytes(Buffer.from(`${text}\n`)),
    rotate: (to = 'part') => {
      swap(to)
      linkSync(dated(), path)
    },
    rotateHalf: () => {
      swap('part')
      return () => linkSync(dated(), path)
    },
    restart: () => {
      flush()
      reopen()
    },
    flushPart: (count) => {
      writeSync(fd, buffer, 0, Math.min(count, buffer.length))
      buffer = buffer.subarray(count)
    },
    buffered: () => buffer.length,
    startAgain: (to = 'same') => {
      flush()
      if (to === 'before') day -= 1
      part = 0
      mkdirSync(dirname(dated()), { recursive: true })
      part = highestPart()
      reopen()
    },
    crash: () => {
      const lost = buffer.length
      buffer = Buffer.alloc(0)
      reopen()
      return lost
    },
    truncate: () => truncateSync(path, 0),
    compress: (file) => {
      writeFileSync(`${file}.gz`, gzipSync(readFileSync(file)))
      rmSync(file)
    },
    close: () => {
      flush()
      closeSync(fd)
    },
  }
}

/** An alert with a number to find it by, of about the given size. */
export function alertLine(number: number, bytes = 300): string {
  const head = {
    timestamp: `2026-03-09T08:00:00.${String(number % 1000).padStart(3, '0')}+0000`,
    rule: { level: 5, description: 'Test', id: '100001', groups: ['test'] },
    agent: { id: '001', name: 'web-1' },
    manager: { name: 'manager-1' },
    id: `1773043200.${number}`,
    decoder: { name: 'json' },
    data: { number: String(number), text: '' },
    location: '/var/log/test.log',
  }
  const missing = Math.max(0, bytes - JSON.stringify(head).length)
  // A file that was emptied may begin with the end of a line: it is to be told from another line's.
  const text = `${number}x`.repeat(missing).slice(0, missing)
  return JSON.stringify({ ...head, data: { ...head.data, text } })
}

/** Adds alerts to a file at once, as another writer than Wazuh does. */
export function appendAlerts(path: string, ...numbers: readonly number[]): void {
  appendFileSync(path, numbers.map((number) => `${alertLine(number)}\n`).join(''))
}

/** The size of a file, for tests that look at positions. */
export function sizeOf(path: string): number {
  return statSync(path).size
}
