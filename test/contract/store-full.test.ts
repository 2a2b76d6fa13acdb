import { spawn } from 'node:child_process'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { mountSmallDisk, mountsWork, works, type SmallDisk } from '../support/small-disk.ts'

const moduleUrl = (path: string): string => JSON.stringify(new URL(`../../src/${path}`, import.meta.url).href)

/** What every child has: a store and mirror bodies in `dir`, and a line of output for each thing it tries. */
const PRELUDE = `
  import { execFileSync } from 'node:child_process'
  import { closeSync, openSync, rmSync, statSync, writeSync } from 'node:fs'
  import { systemClock as clock } from ${moduleUrl('core/clock.ts')}
  import { openLmdbStore } from ${moduleUrl('store/lmdb/lmdb.ts')}
  import { encodeBlock } from ${moduleUrl('intel/mirror/block-codec.ts')}
  import { openLmdbBodies } from ${moduleUrl('intel/mirror/lmdb-bodies.ts')}
  const dir = process.argv.at(-1)
  const failed = (operation, error) => { causes.push(error.message) }
  const causes = []
  const openStore = () => openLmdbStore({ stateDir: dir, clock, events: { failed } })
  const bytes = (count) => new Uint8Array(count)
  const indicator = (value) =>
    ({ type: 'domain', value, provider: 'p', source: 's', ref: 'r', sourceType: 'x', tags: ['t'.repeat(900)] })
  const block = encodeBlock(Array.from({ length: 256 }, (_, i) => indicator('n' + i + '.example.net')))
  const say = async (what, work) => {
    try { console.log(what, String(await work())) }
    catch (error) { console.log(what, error.code, error.hint === undefined ? 'no hint' : 'hint') }
  }`

/** Runs it to its end: a rejection that nobody handles ends it with 1. Standard error has LMDB's own lines. */
async function child(script: string, dir: string): Promise<{ code: number | null; said: readonly string[] }> {
  const args = ['--import', 'tsx', '--input-type=module', '-e', `${PRELUDE}\n${script}`, dir]
  const running = spawn(process.execPath, args, { stdio: ['ignore', 'pipe', 'pipe'] })
  let said = ''
  let errors = ''
  running.stdout.setEncoding('utf8').on('data', (piece: string) => (said += piece))
  running.stderr.setEncoding('utf8').on('data', (piece: string) => (errors += piece))
  const [code, signal] = await new Promise<[number | null, string | null]>((resolve, reject) => {
    running.on('error', reject).on('close', (...how) => resolve(how))
  })
  if (code !== 0) throw new Error(`It ended with ${code ?? signal}:\n${said}${errors}`)
  return { code, said: said.trim().split('\n') }
}

/** Code: no file may grow past so many bytes. Node ignores SIGXFSZ, so that such a write fails with EFBIG. */
const limit = (to: string): string =>
  `execFileSync('prlimit', ['--pid', String(process.pid), '--fsize=${to}:'])`

/** Code: leaves so many KiB on the disk. */
const fill = (leftKib: number): string => `{
  const file = openSync(dir + '/others', 'w')
  const blob = bytes(1024)
  try { for (;;) writeSync(file, blob) } catch {}
  closeSync(file)
  execFileSync('truncate', ['-s', String(Math.max(0, statSync(dir + '/others').size - ${leftKib} * 1024)), dir + '/others'])
}`

let dir: string
beforeEach(async () => {
  dir = await mkdtemp(join(tmpdir(), 'tripline-full-'))
})
afterEach(() => rm(dir, { recursive: true }))

/** Only writes of several pages: LMDB's message about one that fails with a single page overruns its buffer. */
describe.runIf(works('prlimit', ['--fsize'], 'writes that the system refuses'))(
  'a write that the system refuses',
  () => {
    it('rejects with a code, leaves nothing unhandled, and the next one works', async () => {
      const { said } = await child(
        `const store = await openStore()
      await store.set('kept', bytes(3), 1e6)
      ${limit('8192')}
      const large = bytes(50_000)
      await say('alone', () => store.set('a', large, 1e6))
      await Promise.all([
        say('set', () => store.set('b', large, 1e6)),
        say('claim', () => store.claim('c', 1e6)),
        say('delete', () => store.delete('kept')),
      ])
      // Past a thousand in one turn lmdb-js sends them on in two parts.
      const many = await Promise.allSettled(Array.from({ length: 1500 }, (_, i) => store.claim('k' + i, 1e6)))
      console.log('many', many.filter(({ status }) => status === 'rejected').length)
      await say('get', async () => (await store.get('kept')).length)
      console.log(causes.every((cause) => cause.startsWith('File too large')))
      ${limit('unlimited')}
      await say('set', async () => { await store.set('b', large, 1e6); return (await store.get('b')).length })
      await say('claim', () => store.claim('c', 1e6))
      await say('close', () => store.close())`,
        dir,
      )
      expect(said).toEqual([
        'alone STATE_UNWRITABLE hint',
        'delete STATE_UNWRITABLE hint',
        'set STATE_UNWRITABLE hint',
        'claim STATE_UNWRITABLE hint',
        'many 1500',
        'get 3',
        'true',
        'set 50000',
        'claim true',
        'close undefined',
      ])
    })

    it('lets a store close right after', async () => {
      const { said } = await child(
        `const store = await openStore()
      await store.set('kept', bytes(3), 1e6)
      ${limit('8192')}
      await say('set', () => store.set('a', bytes(50_000), 1e6))
      await say('close', () => store.close())`,
        dir,
      )
      expect(said).toEqual(['set STATE_UNWRITABLE hint', 'close undefined'])
    })

    it('rejects a block of the mirror; the next one works', async () => {
      const { said } = await child(
        `const bodies = await openLmdbBodies(dir)
      await bodies.append(block)
      ${limit('8192')}
      await say('append', () => bodies.append(block))
      console.log(bodies.get(0).value)
      ${limit('unlimited')}
      await say('append', () => bodies.append(block))
      console.log(bodies.get(256 + 255).value)
      await say('free', () => bodies.free([0]))
      await say('close', () => bodies.close())`,
        dir,
      )
      expect(said).toEqual([
        'append STATE_UNWRITABLE hint',
        'n0.example.net',
        'append 1',
        'n255.example.net',
        'free undefined',
        'close undefined',
      ])
    })
  },
)

describe.runIf(mountsWork('a small disk'))('a small disk', () => {
  let disk: SmallDisk
  beforeEach(() => {
    disk = mountSmallDisk(dir, '600k')
  })
  afterEach(() => disk.remove())

  it.each([0, 4, 8, 16, 24, 40])('R13: with %i KiB left is refused, not met with a crash', async (left) => {
    const { said } = await child(
      `${fill(left)}
      await say('store', openStore)
      await say('bodies', () => openLmdbBodies(dir))`,
      dir,
    )
    expect(said).toEqual(['store STATE_UNWRITABLE hint', 'bodies STATE_UNWRITABLE hint'])
  })

  it('R13: that fills up while in use refuses writes until there is room', async () => {
    const { said } = await child(
      `const store = await openStore()
      const bodies = await openLmdbBodies(dir)
      await store.set('kept', bytes(3), 1e6)
      ${fill(0)}
      await say('set', () => store.set('a', bytes(1), 1e6))
      await say('claim', () => store.claim('b', 1e6))
      await say('delete', () => store.delete('kept'))
      await say('append', () => bodies.append(block))
      rmSync(dir + '/others')
      await say('set', () => store.set('a', bytes(1), 1e6))
      await say('claim', () => store.claim('b', 1e6))
      await say('append', () => bodies.append(encodeBlock([indicator('a.example.net')])))
      await say('close', () => Promise.all([store.close(), bodies.close()]))`,
      dir,
    )
    expect(said).toEqual([
      'set STATE_UNWRITABLE hint',
      'claim STATE_UNWRITABLE hint',
      'delete STATE_UNWRITABLE hint',
      'append STATE_UNWRITABLE hint',
      'set undefined',
      'claim true',
      'append 0',
      'close ,',
    ])
  })

  it('is not filled by the mirror: the store goes on, and freed blocks are used again', async () => {
    const { said } = await child(
      `const store = await openStore()
      const bodies = await openLmdbBodies(dir)
      const row = encodeBlock(Array.from({ length: 40 }, (_, i) => indicator('n' + i + '.example.net')))
      const taken = []
      try { for (;;) taken.push(await bodies.append(row)) } catch (error) { console.log(error.code) }
      console.log(taken.length > 2)
      await say('set', () => store.set('a', bytes(1000), 1e6))
      await bodies.free(taken)
      await say('append', () => bodies.append(row))
      await say('close', () => Promise.all([store.close(), bodies.close()]))`,
      dir,
    )
    expect(said).toEqual([
      'STATE_UNWRITABLE',
      'true',
      'set undefined',
      expect.stringMatching(/^append \d+$/),
      'close ,',
    ])
  })
})
