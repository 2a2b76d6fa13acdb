import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { existsSync, readdirSync, readFileSync, truncateSync, writeFileSync } from 'node:fs'
import { chmod, mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import * as fc from 'fast-check'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { openLmdbStore } from '../../src/store/lmdb/lmdb.ts'
import { storeEvents } from '../../src/telemetry/events/store.ts'
import { manualClock } from '../support/clock.ts'
import { recordedTelemetry } from '../support/telemetry.ts'
import { AS_NOBODY, giveToNobody } from '../support/unprivileged.ts'

const PAGE_BYTES = 4096
/** LMDB's first two pages say which tree is valid; it writes one of them last, when all else is on the disk. */
const META_PAGES = 2

let stateDir: string
let path: string
beforeEach(async () => {
  stateDir = await mkdtemp(join(tmpdir(), 'tripline-store-'))
  path = join(stateDir, 'state.lmdb')
})
afterEach(() => rm(stateDir, { recursive: true }))

function openIt(events = storeEvents(recordedTelemetry())) {
  return openLmdbStore({ stateDir, clock: manualClock(), events })
}

async function contentOf(store: Awaited<ReturnType<typeof openIt>>): Promise<Record<string, string>> {
  const content: Record<string, string> = {}
  for await (const [key, value] of store.scan('')) content[key] = Buffer.from(value).toString('latin1')
  return content
}

describe('a power cut in the middle of a commit', () => {
  const write = fc.record({
    key: fc.integer({ min: 0, max: 20 }),
    bytes: fc.oneof(fc.integer({ min: 0, max: 300 }), fc.integer({ min: 3000, max: 20_000 })),
  })

  it('R13: leaves what was committed before, whichever pages had reached the disk', async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.array(write, { minLength: 1, maxLength: 8 }),
        fc.array(write, { minLength: 1, maxLength: 4 }),
        fc.infiniteStream(fc.boolean()),
        async (earlier, later, reached) => {
          const store = await openIt()
          const put = async ({ key, bytes }: { key: number; bytes: number }, mark: string): Promise<void> =>
            store.set(`k${key}`, Buffer.alloc(bytes, mark), Infinity)
          for (const each of earlier) await put(each, 'a')
          const before = await contentOf(store)
          const old = readFileSync(path)
          // Calls of one turn share one transaction.
          await Promise.all(later.map((each) => put(each, 'b')))
          await store.close()
          writeFileSync(path, torn(old, readFileSync(path), reached))
          const again = await openIt()
          expect(await contentOf(again)).toEqual(before)
          await again.set('new', Buffer.from('x'), Infinity)
          await again.close()
          await rm(path)
        },
      ),
      { numRuns: 60 },
    )
  })
})

/** The old file with some of the new one's pages in it, but for those that make them valid. */
function torn(old: Buffer, fresh: Buffer, reached: fc.Stream<boolean>): Buffer {
  const bytes = Buffer.alloc(Math.max(old.length, fresh.length))
  old.copy(bytes)
  for (let at = META_PAGES * PAGE_BYTES; at < fresh.length; at += PAGE_BYTES)
    if (reached.next().value) fresh.copy(bytes, at, at, at + PAGE_BYTES)
  return bytes
}

const moduleUrl = (name: string): string => JSON.stringify(new URL(`../../src/${name}`, import.meta.url).href)

/** Opens the store in a process of its own; what LMDB does to it is how that ends. */
async function openedByChild(): Promise<{ readonly code: number | null; readonly said: string }> {
  const script = `import { openLmdbStore } from ${moduleUrl('store/lmdb/lmdb.ts')}
    import { systemClock as clock } from ${moduleUrl('core/clock.ts')}
    const events = { begunAnew: (path, kept) => console.log('begun anew, kept', kept.endsWith('.damaged')) }
    const store = await openLmdbStore({ stateDir: process.argv.at(-1), clock, events })
    await store.set('a', new Uint8Array([1]), 1000)
    await store.close()
    console.log('done')`
  const args = ['--import', 'tsx', '--input-type=module', '-e', script, stateDir]
  const child = spawn(process.execPath, args, { stdio: ['ignore', 'pipe', 'inherit'], ...AS_NOBODY })
  let said = ''
  child.stdout.setEncoding('utf8').on('data', (text: string) => (said += text))
  const [code] = (await once(child, 'close')) as [number | null]
  return { code, said }
}

describe('a state file', () => {
  it('R13: that kills whoever reads it is set aside after some starts, and said so', async () => {
    const store = await openIt()
    for (let key = 0; key < 50; key += 1) await store.set(`k${key}`, Buffer.alloc(50_000), Infinity)
    await store.close()
    truncateSync(path, 5 * PAGE_BYTES)
    giveToNobody(stateDir)
    const ends = [await openedByChild()]
    while (ends.length < 5 && ends.at(-1)?.code !== 0) ends.push(await openedByChild())
    expect(ends.length).toBeGreaterThan(1)
    expect(ends.at(-1)).toEqual({ code: 0, said: 'begun anew, kept true\ndone\n' })
    expect(existsSync(`${path}.damaged`)).toBe(true)
    expect(readdirSync(stateDir)).not.toContain('state.lmdb-opening')
  })

  it('R13: that was only being read when the process was killed, again and again, is kept', async () => {
    const store = await openIt()
    await store.set('pending', Buffer.from('x'), Infinity)
    await store.close()
    writeFileSync(`${path}-opening`, '3')
    const again = await openIt()
    expect(await again.get('pending')).toEqual(new Uint8Array(Buffer.from('x')))
    await again.close()
    expect(existsSync(`${path}.damaged`)).toBe(false)
  })

  it('R13: that is damaged a second time does not take the place of the first', async () => {
    for (const kept of ['state.lmdb.damaged', 'state.lmdb.damaged-2']) {
      const store = await openIt()
      for (let key = 0; key < 50; key += 1) await store.set(`k${key}`, Buffer.alloc(50_000), Infinity)
      await store.close()
      truncateSync(path, 5 * PAGE_BYTES)
      writeFileSync(`${path}-opening`, '3')
      await (await openIt()).close()
      expect(readdirSync(stateDir)).toContain(kept)
    }
  })

  it('whose lock file belongs to another user is opened, not crashed on', async () => {
    const store = await openIt()
    await store.set('mine', Buffer.from('x'), Infinity)
    await store.close()
    giveToNobody(stateDir)
    await rm(`${path}-lock`)
    writeFileSync(`${path}-lock`, Buffer.alloc(8192), { mode: 0o400 })
    await chmod(stateDir, 0o755)
    expect(await openedByChild()).toEqual({ code: 0, said: 'done\n' })
  })

  it('R13: is opened by the next start whatever an earlier one left beside it', async () => {
    const telemetry = recordedTelemetry()
    writeFileSync(`${path}-opening`, 'torn\0')
    const store = await openIt(storeEvents(telemetry))
    await store.set('a', Buffer.from('x'), Infinity)
    await store.close()
    expect(telemetry.lines).toEqual([])
    expect(readdirSync(stateDir)).not.toContain('state.lmdb-opening')
  })
})
