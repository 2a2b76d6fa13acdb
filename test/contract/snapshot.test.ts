import { spawn } from 'node:child_process'
import { existsSync, readdirSync, readFileSync, statSync, truncateSync, writeFileSync } from 'node:fs'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { open } from 'lmdb'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import type { Indicator } from '../../src/core/indicator.ts'
import { decodeBlock } from '../../src/intel/mirror/block-codec.ts'
import { BLOCK_SIZE } from '../../src/intel/mirror/ordinal.ts'
import { openSnapshot, type Snapshot } from '../../src/intel/mirror/snapshot.ts'
import { everything } from '../support/sink-samples.ts'
import { mountSmallDisk, mountsWork, type SmallDisk } from '../support/small-disk.ts'
import { indicator } from './mirror.ts'

let dir: string
let path: string
let told: string[]
let opened: Snapshot[]
beforeEach(async () => {
  dir = await mkdtemp(join(tmpdir(), 'tripline-snapshot-'))
  path = join(dir, 'intel-misp.lmdb')
  told = []
  opened = []
})
afterEach(async () => {
  await Promise.all(opened.map((snapshot) => snapshot.close()))
  await rm(dir, { recursive: true })
})

const events = {
  snapshotBegunAnew: (_: string, reason: string): void => void told.push(reason),
  snapshotUnitsLost: (_: string, units: readonly string[]): void => void told.push(`lost ${units.join()}`),
}

async function openIt(identity = 'one'): Promise<Snapshot> {
  const snapshot = await openSnapshot({ path, identity, events })
  opened.push(snapshot)
  return snapshot
}

async function close(snapshot: Snapshot): Promise<void> {
  opened = opened.filter((each) => each !== snapshot)
  await snapshot.close()
}

async function reopened(snapshot: Snapshot): Promise<Snapshot> {
  await close(snapshot)
  return await openIt()
}

function named(count: number, mark: string): readonly Indicator[] {
  return Array.from({ length: count }, (_, i) => indicator('domain', `n${i}.example.net`, { comment: mark }))
}

function put(snapshot: Snapshot, unit: string, indicators: readonly Indicator[], timestamp = 1): void {
  const staging = snapshot.stage()
  staging.add(unit, indicators)
  staging.commit(new Map([[unit, timestamp]]))
}

function contentOf(snapshot: Snapshot, unit: string): readonly Indicator[] {
  return [...snapshot.load(unit)].flat()
}

function firstOf(indicators: readonly Indicator[]): unknown {
  return { first: indicators[0]?.value }
}

/** Keys in the file, as another process sees it. */
function entries(): number {
  return open({ path, noSubdir: true, readOnly: true }).getKeysCount()
}

describe('a snapshot', () => {
  it('has after a restart what was committed, and nothing else', async () => {
    const first = await openIt()
    const staging = first.stage()
    staging.add('a', [everything])
    staging.add('b', named(3000, 'b'))
    staging.add('a', named(2, 'a'))
    staging.add('left out', named(2, 'x'))
    staging.commit(
      new Map([
        ['a', 17],
        ['b', 18],
        ['empty', 19],
      ]),
    )
    first.stage().add('never committed', named(5, 'x'))
    first.change({ note: { cursor: 5 }, unpublished: new Map([['b', 99]]) })
    const second = await reopened(first)
    expect(Object.fromEntries(second.units)).toMatchObject({
      a: { timestamp: 17, indicators: 3 },
      b: { timestamp: 18, indicators: 3000, unpublishedSince: 99 },
      empty: { timestamp: 19, indicators: 0 },
    })
    expect(second.units.size).toBe(3)
    expect(second.indicators).toBe(3003)
    expect(contentOf(second, 'a')).toEqual([everything, ...named(2, 'a')])
    expect(contentOf(second, 'b')).toEqual(named(3000, 'b'))
    expect(contentOf(second, 'left out')).toEqual([])
    expect(second.note).toEqual({ cursor: 5 })
    expect(told).toEqual([])
  })

  it('replaces and removes whole units, and uses their space again', async () => {
    const snapshot = await openIt()
    put(snapshot, 'a', named(50_000, 'first'))
    const { size } = statSync(path)
    for (let round = 0; round < 10; round++) put(snapshot, 'a', named(50_000, `round ${round}`), round)
    expect(statSync(path).size).toBeLessThan(size * 4)
    put(snapshot, 'a', named(10, 'last'), 30)
    snapshot.change({
      unpublished: new Map([
        ['a', 1],
        ['unknown', 2],
      ]),
    })
    snapshot.change({ unpublished: new Map([['a', undefined]]), remove: ['unknown'] })
    const second = await reopened(snapshot)
    expect(contentOf(second, 'a')).toEqual(named(10, 'last'))
    expect([...second.units]).toEqual([['a', expect.not.objectContaining({ unpublishedSince: 1 })]])
    second.change({ remove: ['a'] })
    expect(second.indicators).toBe(0)
    expect((await reopened(second)).units.size).toBe(0)
  })

  it('R43: writes a large unit ahead, hidden; discarded or forgotten, nothing of it is left', async () => {
    const snapshot = await openIt()
    put(snapshot, 'a', named(10, 'old'))
    const discarded = snapshot.stage()
    const tags = Array.from({ length: 40 }, (_, i) => `tag ${i} ${Math.random()}`)
    const wide = named(30_000, 'new').map((each, i) => ({
      ...each,
      tags: [...tags, `${i} ${Math.random()}`],
    }))
    for (let i = 0; i < 10; i++) discarded.add('a', wide)
    expect(contentOf(snapshot, 'a')).toEqual(named(10, 'old'))
    discarded.discard()
    const forgotten = snapshot.stage()
    for (let i = 0; i < 10; i++) forgotten.add('a', wide)
    expect(entries()).toBeGreaterThan(100)
    const second = await reopened(snapshot)
    expect(entries()).toBe(3)
    expect(contentOf(second, 'a')).toEqual(named(10, 'old'))
  })

  it('is begun anew for other settings or another version, and says so', async () => {
    put(await openIt('one'), 'a', named(1, 'x'))
    const [first] = opened
    if (first !== undefined) await close(first)
    const second = await openIt('two')
    expect(second.units.size).toBe(0)
    expect(told).toEqual([expect.stringContaining('other settings')])
    put(second, 'b', named(1, 'x'))
    await close(second)
    const db = open<Buffer, Buffer>({ path, noSubdir: true, encoding: 'binary', keyEncoding: 'binary' })
    await db.put(Buffer.from('m'), Buffer.from('{"format":3,"identity":"two"}'))
    await db.close()
    expect((await openIt('two')).units.size).toBe(0)
    expect(told).toHaveLength(2)
  })

  it.each([
    ['foreign bytes', Buffer.alloc(100_000, 'x')],
    ['a file cut short', Buffer.alloc(100)],
  ])('sets %s aside and begins anew', async (_, bytes) => {
    writeFileSync(path, bytes)
    const snapshot = await openIt()
    put(snapshot, 'a', named(1, 'x'))
    expect(told).toHaveLength(1)
    expect(readFileSync(`${path}.damaged`)).toEqual(bytes)
    expect((await reopened(snapshot)).units.size).toBe(1)
    expect(told).toHaveLength(1)
  })

  it('gives blocks as a mirror takes them, with what was to be kept beside them', async () => {
    const snapshot = await openSnapshot({ path, identity: 'one', events, extract: firstOf })
    put(snapshot, 'a', named(300, 'x'))
    const blocks = [...snapshot.blocks('a')]
    expect(blocks.flatMap(({ values }) => values)).toEqual(named(300, 'x').map(({ value }) => value))
    expect(blocks.flatMap(({ types }) => types)).toEqual(Array.from({ length: 300 }, () => 'domain'))
    expect(blocks.flatMap(({ bytes }) => decodeBlock(bytes))).toEqual(named(300, 'x'))
    expect(blocks.map((block) => block.extract)).toEqual([
      { first: 'n0.example.net' },
      { first: 'n256.example.net' },
    ])
    expect(blocks.every(({ values }) => values.length <= BLOCK_SIZE)).toBe(true)
    await close(snapshot)
  })

  it('loses a damaged unit, tells it, and keeps the others', async () => {
    const first = await openIt()
    for (const unit of ['whole', 'no chunk', 'bad chunk', 'bad head']) put(first, unit, named(2000, unit))
    await close(first)
    const db = open<Buffer, Buffer>({ path, noSubdir: true, encoding: 'binary', keyEncoding: 'binary' })
    for (const key of [...db.getKeys()].map((each) => Buffer.from(each))) {
      const text = key.toString('latin1')
      if (text.startsWith('ino chunk') && key.at(-1) === 1) await db.remove(key)
      if (text.startsWith('ibad chunk') && key.at(-1) === 1) {
        const bytes = Buffer.from(db.get(key) ?? [])
        bytes[bytes.length - 20] = (bytes[bytes.length - 20] ?? 0) ^ 0xff
        await db.put(key, bytes)
      }
      if (text === 'hbad head') await db.put(key, Buffer.from('{"timestamp":"x"}'))
    }
    await db.close()
    const second = await openIt()
    expect([...second.units.keys()].toSorted()).toEqual(['bad chunk', 'whole'])
    expect(told).toEqual(['lost bad head,no chunk'])
    expect(contentOf(second, 'whole')).toHaveLength(2000)
    expect(() => contentOf(second, 'bad chunk')).toThrow('damaged')
    expect(() => [...second.blocks('bad chunk')]).toThrow('damaged')
    put(second, 'bad chunk', named(3, 'new'))
    expect(contentOf(second, 'bad chunk')).toEqual(named(3, 'new'))
    const third = await reopened(second)
    expect(third.units.size).toBe(2)
    expect(told).toHaveLength(1)
  })
})

const moduleUrl = (name: string): string => JSON.stringify(new URL(`../../src/${name}`, import.meta.url).href)

const PRELUDE = `
  import { openSnapshot } from ${moduleUrl('intel/mirror/snapshot.ts')}
  const path = process.argv.at(-1)
  const events = {
    snapshotBegunAnew: (_, reason) => console.log('anew:', reason),
    snapshotUnitsLost: (_, units) => console.log('lost:', units.join()),
  }
  const openIt = () => openSnapshot({ path, identity: 'one', events })
  const named = (count, mark) => Array.from({ length: count }, (_, i) =>
    ({ type: 'domain', value: 'n' + i + '.example.net', provider: 'p', source: 's', ref: 'r', sourceType: 'x', tags: [], comment: mark }))`

interface ChildEnd {
  readonly code: number | null
  readonly signal: string | null
  readonly said: string
}

/** `onSaid` may kill it. */
function child(script: string, onSaid?: (said: string, kill: () => void) => void): Promise<ChildEnd> {
  const args = ['--import', 'tsx', '--input-type=module', '-e', `${PRELUDE}\n${script}`, path]
  const running = spawn(process.execPath, args, { stdio: ['ignore', 'pipe', 'pipe'] })
  let said = ''
  let errors = ''
  running.stdout.setEncoding('utf8').on('data', (piece: string) => {
    said += piece
    onSaid?.(said, () => void running.kill('SIGKILL'))
  })
  running.stderr.setEncoding('utf8').on('data', (piece: string) => (errors += piece))
  return new Promise((resolve, reject) => {
    running.on('error', reject).on('close', (code, signal) => {
      if (code !== null && code !== 0) reject(new Error(`It ended with ${code}:\n${said}${errors}`))
      else resolve({ code, signal, said })
    })
  })
}

describe('a process that is killed', () => {
  it('leaves whole units only, wherever it was', async () => {
    const script = `
      const snapshot = await openIt()
      for (let round = 1; ; round++) {
        const staging = snapshot.stage()
        for (const unit of ['a', 'b', 'c']) staging.add(unit, named(1000 + round % 500, 'round ' + round))
        staging.commit(new Map([['a', round], ['b', round], ['c', round]]))
        if (round % 5 === 0) await new Promise((resolve) => process.stdout.write('round ' + round + '\\n', resolve))
      }`
    for (const rounds of [5, 10, 25]) {
      const { signal } = await child(script, (said, kill) => {
        if (said.includes(`round ${rounds}\n`)) kill()
      })
      expect(signal).toBe('SIGKILL')
      const snapshot = await openIt()
      expect(told).toEqual([])
      const marks = ['a', 'b', 'c'].map((unit) => {
        const content = contentOf(snapshot, unit)
        const { timestamp = 0, indicators } = snapshot.units.get(unit) ?? {}
        expect(content).toHaveLength(indicators ?? -1)
        expect(content).toHaveLength(1000 + (timestamp % 500))
        expect(new Set(content.map(({ comment }) => comment))).toEqual(new Set([`round ${timestamp}`]))
        return timestamp
      })
      // They were committed together.
      expect(new Set(marks).size).toBe(1)
      await close(snapshot)
    }
  })

  it('each time, whatever it did with the snapshot, loses nothing of it', async () => {
    const first = await openIt()
    put(first, 'a', named(2000, 'x'))
    await close(first)
    const script = `
      const snapshot = await openIt()
      setInterval(() => undefined, 1000)
      for (const _ of snapshot.load('a')) process.stdout.write('loading\\n')`
    for (let start = 0; start < 4; start++) {
      const { said } = await child(script, (so, kill) => {
        if (so.includes('loading\n')) kill()
      })
      expect(said).not.toContain('anew')
    }
    expect(contentOf(await openIt(), 'a')).toHaveLength(2000)
  })

  it('by damage behind the head of the file is not killed by it for ever', async () => {
    const first = await openIt()
    put(first, 'a', named(200_000, 'x'))
    await close(first)
    truncateSync(path, 16_384)
    const script = `
      const snapshot = await openIt()
      console.log('units', snapshot.units.size)
      await snapshot.close()`
    const ends: ChildEnd[] = []
    for (let start = 0; start < 4 && ends.at(-1)?.code !== 0; start++) ends.push(await child(script))
    expect(ends.at(-1)?.said).toMatch(/^anew: .*\nunits 0\n$/)
    expect(existsSync(`${path}.damaged`)).toBe(true)
    expect(readdirSync(dir)).not.toContain('intel-misp.lmdb-opening')
  })
})

describe.runIf(mountsWork('a snapshot on a full disk'))('on a full disk', () => {
  let disk: SmallDisk
  beforeEach(() => {
    disk = mountSmallDisk(dir, '1m')
  })
  afterEach(() => disk.remove())

  it('refuses what does not fit, keeps what it has, and leaves room for others', async () => {
    const snapshot = await openIt()
    put(snapshot, 'a', named(1000, 'old'))
    const wide = (count: number): readonly Indicator[] =>
      named(count, 'new').map((each) => ({
        ...each,
        ref: `${Math.random()} ${Math.random()} ${Math.random()}`,
      }))
    const full = expect.objectContaining({ code: 'STATE_UNWRITABLE' }) as Error
    expect(() => put(snapshot, 'a', wide(30_000))).toThrow(full)
    expect(contentOf(snapshot, 'a')).toEqual(named(1000, 'old'))
    writeFileSync(join(dir, 'others'), Buffer.alloc(100_000))
    let taken = 0
    expect(() => {
      for (;;) put(snapshot, `unit ${++taken}`, wide(100))
    }).toThrow(full)
    expect(taken).toBeGreaterThan(2)
    writeFileSync(join(dir, 'others 2'), Buffer.alloc(100_000))
    snapshot.change({ remove: Array.from({ length: taken }, (_, i) => `unit ${i + 1}`) })
    disk.resize('8m')
    put(snapshot, 'a', wide(30_000))
    expect((await reopened(snapshot)).units.get('a')?.indicators).toBe(30_000)
    expect(told).toEqual([])
  })

  it('is refused, not met with a crash, when it is opened', async () => {
    writeFileSync(join(dir, 'others'), Buffer.alloc(1_000_000))
    await expect(openIt()).rejects.toMatchObject({ code: 'STATE_UNWRITABLE' })
  })
})
