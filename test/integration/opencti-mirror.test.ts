import { rm } from 'node:fs/promises'
import { createServer, request as sendRequest, type IncomingMessage } from 'node:http'
import { join } from 'node:path'
import { expect, it } from 'vitest'
import { systemClock, type Clock } from '../../src/core/clock.ts'
import { readStatus } from '../../src/intel/mirror/status.ts'
import { following } from '../support/opencti-mirror.ts'
import { cleanUp, fake, scratch, seen } from '../support/opencti-provider.ts'

const ADDRESS = '198.51.100.7'
const OTHER = '198.51.100.8'

/** These waits end at once, as back-offs take minutes. */
function impatient(...waitsMs: readonly number[]): Clock {
  return {
    ...systemClock,
    sleep: (ms, signal) => systemClock.sleep(waitsMs.includes(ms) ? 1 : ms, signal),
  }
}

function pattern(address: string): string {
  return `[ipv4-addr:value = '${address}']`
}

it('loads every indicator that is not revoked and can match', async () => {
  const opencti = await fake()
  opencti.addIndicator({ name: 'a', pattern: pattern(ADDRESS) })
  opencti.addIndicator({ name: 'gone', pattern: pattern(OTHER), revoked: true })
  opencti.addIndicator({ name: 'rule', pattern: 'alert tcp any', pattern_type: 'snort' })
  opencti.addIndicator({
    name: 'later',
    pattern: `[url:value = 'http://x.example/'] FOLLOWEDBY [url:value = 'http://y.example/']`,
  })
  const stateDir = scratch()
  const copy = following(opencti, {}, { stateDir })
  await copy.ready
  expect(copy.titles('ipv4', ADDRESS)).toEqual(['a'])
  expect(copy.titles('ipv4', OTHER)).toEqual([])
  expect(copy.mirror.size).toBe(1)
  const told = async (): Promise<unknown> =>
    (await readStatus(stateDir, 'opencti'))?.unmatchable?.map(({ count, samples }) => [
      count,
      samples[0]?.pattern,
    ])
  const expected = [[1, `[url:value = 'http://x.example/'] FOLLOWEDBY [url:value = 'http://y.example/']`]]
  await expect.poll(told).toEqual(expected)
  await copy.stop()
  await rm(join(stateDir, 'intel-opencti.json'))
  const again = following(opencti, {}, { stateDir })
  await again.ready
  await expect.poll(told).toEqual(expected)
})

it('keeps revoked ones where the settings ask for it', async () => {
  const opencti = await fake()
  opencti.addIndicator({ name: 'gone', pattern: pattern(OTHER), revoked: true })
  const copy = following(opencti, { mirror: { revoked: true } })
  await copy.ready
  expect(copy.find('ipv4', OTHER)[0]?.indicator.revoked).toBe(true)
})

it('loads page after page, in units that go on over their borders', async () => {
  const opencti = await fake()
  opencti.seedIndicators(1234)
  const copy = following(opencti, { mirror: { pageSize: 100 } })
  await copy.ready
  await expect
    .poll(async () => {
      const status = await readStatus(copy.stateDir, 'opencti')
      return (status?.objects ?? 0) + total(status?.unmatchable)
    })
    .toBe(1234)
})

it('R44: follows its stream: what is new, changed, revoked, merged or deleted', async () => {
  const opencti = await fake()
  const stream = opencti.addStreamCollection({ name: 'indicators' })
  const first = opencti.addIndicator({ name: 'a', pattern: pattern(ADDRESS) })
  const copy = following(opencti, { mirror: { stream } })
  await copy.ready
  const of = (address: string) => () => copy.titles('ipv4', address)
  const second = opencti.addIndicator({ name: 'b', pattern: pattern(OTHER) })
  await expect.poll(of(OTHER)).toEqual(['b'])
  opencti.updateIndicator(second.id, { name: 'c' })
  await expect.poll(of(OTHER)).toEqual(['c'])
  // The STIX id changes with the pattern, the internal one does not.
  opencti.updateIndicator(second.id, { pattern: pattern('198.51.100.9') })
  await expect.poll(of('198.51.100.9')).toEqual(['c'])
  expect(of(OTHER)()).toEqual([])
  opencti.revokeIndicator(first.id)
  await expect.poll(of(ADDRESS)).toEqual([])
  const third = opencti.addIndicator({ name: 'd', pattern: pattern('198.51.100.10') })
  await expect.poll(of('198.51.100.10')).toEqual(['d'])
  opencti.mergeIndicators(second.id, [third.id])
  await expect.poll(of('198.51.100.10')).toEqual([])
  opencti.deleteIndicator(second.id)
  await expect.poll(of('198.51.100.9')).toEqual([])
})

it('goes on after a restart where it was, and misses nothing of what happened meanwhile', async () => {
  const opencti = await fake()
  const stream = opencti.addStreamCollection({ name: 'indicators' })
  const old = opencti.addIndicator({ name: 'old', pattern: pattern(ADDRESS), createdBy: 'CERT Example' })
  const stateDir = scratch()
  const before = following(opencti, { mirror: { stream } }, { stateDir })
  await before.ready
  await expect.poll(async () => (await readStatus(stateDir, 'opencti'))?.state).toBe('fresh')
  await before.stop()
  opencti.addIndicator({ name: 'new', pattern: pattern(OTHER) })
  opencti.deleteIndicator(old.id)
  opencti.clearRequests()
  const after = following(opencti, { mirror: { stream } }, { stateDir })
  await after.ready
  await expect.poll(() => after.titles('ipv4', OTHER)).toEqual(['new'])
  await expect.poll(() => after.titles('ipv4', ADDRESS)).toEqual([])
  expect(opencti.requests.filter(({ operationName }) => operationName === 'Indicators')).toEqual([])
})

it('starts from its disk without the server, and follows when that is back', async () => {
  const opencti = await fake()
  const stream = opencti.addStreamCollection({ name: 'indicators' })
  opencti.addIndicator({ name: 'a', pattern: pattern(ADDRESS) })
  const stateDir = scratch()
  const before = following(opencti, { mirror: { stream } }, { stateDir })
  await before.ready
  await before.stop()
  await opencti.stop()
  const after = following(opencti, { mirror: { stream } }, { stateDir })
  await after.ready
  expect(after.titles('ipv4', ADDRESS)).toEqual(['a'])
  await opencti.start()
  opencti.addIndicator({ name: 'b', pattern: pattern(OTHER) })
  await expect.poll(() => after.titles('ipv4', OTHER), { timeout: 15_000 }).toEqual(['b'])
})

it('loads everything anew when the stream does not reach back to where it stands', async () => {
  const opencti = await fake()
  const stream = opencti.addStreamCollection({ name: 'indicators' })
  const gone = opencti.addIndicator({ name: 'gone', pattern: pattern(ADDRESS) })
  const stateDir = scratch()
  const before = following(opencti, { mirror: { stream } }, { stateDir })
  await before.ready
  await before.stop()
  opencti.deleteIndicator(gone.id)
  opencti.addIndicator({ name: 'new', pattern: pattern(OTHER) })
  opencti.streams.trim(0)
  opencti.addIndicator({ name: 'newest', pattern: pattern('198.51.100.9') })
  opencti.streams.trim(1)
  const after = following(opencti, { mirror: { stream } }, { stateDir })
  await after.ready
  await expect.poll(() => after.titles('ipv4', OTHER)).toEqual(['new'])
  await expect.poll(() => after.titles('ipv4', ADDRESS)).toEqual([])
  expect(
    after.logged('The live stream of an OpenCTI does not reach back far enough: all is loaded again'),
  ).toBe(1)
})

it('connects again when its stream breaks, and gets what happened meanwhile', async () => {
  const opencti = await fake()
  const stream = opencti.addStreamCollection({ name: 'indicators' })
  const copy = following(opencti, { mirror: { stream } })
  await copy.ready
  await opencti.streams.opened(1)
  opencti.streams.cut()
  opencti.addIndicator({ name: 'b', pattern: pattern(OTHER) })
  await expect.poll(() => copy.titles('ipv4', OTHER), { timeout: 10_000 }).toEqual(['b'])
})

it('asks for changes while its stream is refused, and says so', async () => {
  const opencti = await fake()
  const mirror = { stream: 'nosuchstream', pollInterval: '10ms' }
  const copy = following(opencti, { mirror }, { clock: impatient(60_000) })
  await copy.ready
  expect(copy.logged('The live stream of an OpenCTI is interrupted: it is connected again')).toBeGreaterThan(
    0,
  )
  opencti.addIndicator({ name: 'a', pattern: pattern(ADDRESS) })
  await expect.poll(() => copy.titles('ipv4', ADDRESS)).toEqual(['a'])
})

it('asks for what happened since its stream was stopped', async () => {
  const opencti = await fake()
  const stream = opencti.addStreamCollection({ name: 'indicators' })
  const first = opencti.addIndicator({ name: 'a', pattern: pattern(ADDRESS) })
  const copy = following(opencti, { mirror: { stream } })
  await copy.ready
  await opencti.streams.opened(1)
  opencti.stopStreamCollection(stream)
  opencti.addIndicator({ name: 'b', pattern: pattern(OTHER) })
  opencti.revokeIndicator(first.id)
  await expect.poll(() => copy.titles('ipv4', OTHER), { timeout: 10_000 }).toEqual(['b'])
  expect(copy.titles('ipv4', ADDRESS)).toEqual([])
})

it('asks for changes where there is no stream', async () => {
  const opencti = await fake()
  const first = opencti.addIndicator({ name: 'a', pattern: pattern(ADDRESS) })
  const copy = following(opencti, { mirror: { pollInterval: '20ms' } })
  await copy.ready
  opencti.addIndicator({ name: 'b', pattern: pattern(OTHER) })
  await expect.poll(() => copy.titles('ipv4', OTHER)).toEqual(['b'])
  opencti.revokeIndicator(first.id)
  await expect.poll(() => copy.titles('ipv4', ADDRESS)).toEqual([])
})

it.each([
  ['goes on with a load through short troubles', 'DATABASE_ERROR', 7, 0],
  ['begins a load again after long troubles', 'DATABASE_ERROR', 8, 1],
  ['begins a load again that is refused', 'FORBIDDEN_ACCESS', 1, 1],
] as const)('%s (%s, %i times)', async (_, code, times, failures) => {
  const opencti = await fake()
  const stream = opencti.addStreamCollection({ name: 'indicators' })
  opencti.addIndicator({ name: 'a', pattern: pattern(ADDRESS) })
  opencti.addFault('graphql-error', { code, query: /query Indicators/, times })
  const clock = impatient(1000, 2000, 4000, 8000, 16_000, 32_000, 60_000, 5000)
  const copy = following(opencti, { mirror: { stream } }, { clock })
  await copy.ready
  expect(copy.titles('ipv4', ADDRESS)).toEqual(['a'])
  const failed =
    'The indicators of an OpenCTI could not be loaded: what is there stays in use, it is tried again'
  expect(copy.logged(failed)).toBe(failures)
  const asked = opencti.requests.filter(({ operationName }) => operationName === 'Indicators')
  expect(asked).toHaveLength(times + 1)
})

it('names authors and markings of what the stream brings', async () => {
  const opencti = await fake()
  const stream = opencti.addStreamCollection({ name: 'indicators' })
  const copy = following(opencti, { mirror: { stream } })
  await copy.ready
  opencti.addIndicator({
    name: 'b',
    pattern: pattern(OTHER),
    createdBy: 'CERT Example',
    objectMarking: ['TLP:AMBER'],
    objectLabel: ['c2'],
    x_opencti_score: 80,
    confidence: 70,
  })
  await expect.poll(() => copy.titles('ipv4', OTHER)).toEqual(['b'])
  expect(copy.find('ipv4', OTHER)[0]?.indicator).toMatchObject({
    organisation: 'CERT Example',
    tlp: 'amber',
    tags: ['c2'],
    score: 80,
    confidence: 70,
  })
})

it('owes a load after a gap until one has ended well, also over a restart, and is not fresh until then', async () => {
  const opencti = await fake()
  const stream = opencti.addStreamCollection({ name: 'indicators' })
  const gone = opencti.addIndicator({ name: 'gone', pattern: pattern(ADDRESS) })
  const stateDir = scratch()
  const settings = { mode: 'hybrid', mirror: { stream } }
  const before = following(opencti, settings, { stateDir })
  await before.ready
  await before.stop()
  opencti.deleteIndicator(gone.id)
  opencti.addIndicator({ name: 'new', pattern: pattern(OTHER) })
  opencti.streams.trim(0)
  opencti.addIndicator({ name: 'newest', pattern: pattern('198.51.100.9') })
  opencti.streams.trim(1)
  opencti.addFault('graphql-error', { code: 'FORBIDDEN_ACCESS', query: /query Indicators/ })
  const failing = following(opencti, settings, { stateDir })
  const failed =
    'The indicators of an OpenCTI could not be loaded: what is there stays in use, it is tried again'
  await expect.poll(() => failing.logged(failed)).toBe(1)
  await expect.poll(() => failing.titles('ipv4', '198.51.100.9')).toEqual(['newest'])
  expect(failing.provider.asks?.(seen('ipv4', OTHER), false)).toBe(true)
  await failing.stop()
  opencti.setFault(undefined)
  const after = following(opencti, settings, { stateDir })
  await expect.poll(() => after.titles('ipv4', OTHER)).toEqual(['new'])
  expect(after.titles('ipv4', ADDRESS)).toEqual([])
})

it('loads everything when a stream is followed for the first time after polling', async () => {
  const opencti = await fake()
  const stream = opencti.addStreamCollection({ name: 'indicators' })
  const gone = opencti.addIndicator({ name: 'gone', pattern: pattern(ADDRESS) })
  const stateDir = scratch()
  const before = following(opencti, {}, { stateDir })
  await before.ready
  await before.stop()
  opencti.deleteIndicator(gone.id)
  opencti.addIndicator({ name: 'missed', pattern: pattern(OTHER) })
  opencti.streams.trim(0)
  opencti.addIndicator({ name: 'later', pattern: pattern('198.51.100.9') })
  const after = following(opencti, { mirror: { stream } }, { stateDir })
  await expect.poll(() => after.titles('ipv4', OTHER)).toEqual(['missed'])
  expect(after.titles('ipv4', ADDRESS)).toEqual([])
})

it('says how many values found no room, also of those that the stream brings', async () => {
  const opencti = await fake()
  const stream = opencti.addStreamCollection({ name: 'indicators' })
  opencti.seedIndicators(1000)
  const copy = following(opencti, { mirror: { stream, maxIndicators: 1000 } })
  await copy.ready
  opencti.addIndicator({ name: 'one more', pattern: pattern(ADDRESS) })
  await expect.poll(() => copy.logged('The mirror is at its most indicators: values are left out')).toBe(1)
  expect(copy.titles('ipv4', ADDRESS)).toEqual([])
})

it('is not held up by a long answer that is no stream', async () => {
  const opencti = await fake()
  const stream = opencti.addStreamCollection({ name: 'indicators' })
  opencti.addIndicator({ name: 'a', pattern: pattern(ADDRESS) })
  let isBad = true
  const proxy = createServer((request, response) => {
    if (isBad && request.url?.startsWith('/stream') === true) {
      isBad = false
      response.writeHead(502, { 'content-type': 'text/html' }).end('x'.repeat(200_000))
      return
    }
    const onwards = forward(new URL(request.url ?? '/', opencti.url), request, (answer) => {
      response.writeHead(answer.statusCode ?? 500, answer.headers)
      answer.pipe(response)
    })
    request.pipe(onwards)
    onwards.on('error', () => response.destroy())
    response.on('close', () => onwards.destroy())
  })
  const port = await new Promise<number>((resolve) => {
    proxy.listen(0, '127.0.0.1', () => {
      const address = proxy.address()
      resolve(typeof address === 'object' && address !== null ? address.port : 0)
    })
  })
  cleanUp.push(
    () => proxy.closeAllConnections(),
    () => proxy.close(),
  )
  const copy = following(opencti, { url: `http://127.0.0.1:${port}`, mirror: { stream } })
  await copy.ready
  opencti.addIndicator({ name: 'b', pattern: pattern(OTHER) })
  await expect.poll(() => copy.titles('ipv4', OTHER), { timeout: 10_000 }).toEqual(['b'])
})

it('asks online, as hybrid, what the copy cannot tell, until it is whole', async () => {
  const opencti = await fake()
  const stream = opencti.addStreamCollection({ name: 'indicators' })
  opencti.addIndicator({ name: 'a', pattern: pattern(ADDRESS) })
  const hybrid = following(opencti, { mode: 'hybrid', mirror: { stream } })
  const { provider } = hybrid
  expect(provider.asks?.(seen('ipv4', OTHER), false)).toBe(true)
  await hybrid.ready
  await expect.poll(() => provider.asks?.(seen('ipv4', OTHER), false)).toBe(false)
  expect(provider.asks?.(seen('ipv4', ADDRESS), true)).toBe(false)
})

it('does not believe at once that most of what it knows is gone', async () => {
  const opencti = await fake()
  const ids = Array.from(
    { length: 150 },
    (_, i) => opencti.addIndicator({ name: String(i), pattern: pattern(`198.51.100.${i}`) }).id,
  )
  const settings = { mirror: { pollReload: '0s', pollInterval: '1h' } }
  const stateDir = scratch()
  const before = following(opencti, settings, { stateDir })
  await before.ready
  await before.stop()
  for (const id of ids.slice(0, 100)) opencti.deleteIndicator(id)
  const after = following(opencti, settings, { stateDir })
  const distrusted =
    'OpenCTI shows far fewer indicators than before: nothing is removed unless that lasts for an hour'
  await expect.poll(() => after.logged(distrusted)).toBe(1)
  expect(after.mirror.size).toBe(150)
  await after.stop()
  const clock = { ...systemClock, now: () => Date.now() + 2 * 3_600_000 }
  const later = following(opencti, settings, { stateDir, clock })
  await expect.poll(() => later.mirror.size).toBe(50)
})

function forward(
  url: URL,
  { method, headers }: IncomingMessage,
  onAnswer: (answer: IncomingMessage) => void,
) {
  return sendRequest(url, { method, headers: { ...headers, host: url.host } }, onAnswer)
}

function total(lists: readonly { readonly count: number }[] = []): number {
  return lists.reduce((sum, { count }) => sum + count, 0)
}
