import { mkdirSync, readdirSync, writeFileSync } from 'node:fs'
import { createServer } from 'node:net'
import { join } from 'node:path'
import { afterEach, describe, expect, it } from 'vitest'
import { systemClock } from '../../src/core/clock.ts'
import { wazuhQueueConfig } from '../../src/sinks/wazuh-queue/config.ts'
import { inspectQueue } from '../../src/sinks/wazuh-queue/inspect.ts'
import { loadDatagrams, type OpenSocket } from '../../src/sinks/wazuh-queue/native.ts'
import { createWazuhQueueSink } from '../../src/sinks/wazuh-queue/wazuh-queue.ts'
import { eventIn } from '../support/datagram-event.ts'
import { bindReceiver, closeReceivers } from '../support/receiver.ts'
import { inFolder } from '../support/sink-files.ts'
import { sampleDelivery, sampleMatch } from '../support/sink-samples.ts'
import { recordedTelemetry } from '../support/telemetry.ts'

const never = new AbortController().signal

afterEach(closeReceivers)

async function setUp(folder: string, settings: object = {}, open?: OpenSocket) {
  const socket = join(folder, 'queue')
  const telemetry = recordedTelemetry(systemClock)
  const config = wazuhQueueConfig.parse({ type: 'wazuh-queue', socket, ...settings })
  const deps = { id: 'wazuh', telemetry, stateDir: join(folder, 'state') }
  const sink = await createWazuhQueueSink(config, open === undefined ? deps : { ...deps, open })
  return { socket, telemetry, sink }
}

function idsOf(datagrams: readonly string[]): readonly unknown[] {
  return datagrams.map((datagram) => eventIn(datagram).tripline.id)
}

function numbered(prefix: string, count: number): readonly string[] {
  return Array.from({ length: count }, (_, n) => `${prefix}-${n}`)
}

/** The system's sockets; `failed` resolves at the next datagram that is not taken, with the system's word. */
async function watchedSockets() {
  const load = await loadDatagrams()
  let waiting: ((code: string) => void)[] = []
  const open: OpenSocket = () => {
    const socket = load()
    return {
      send: (data, path) => {
        const code = socket.send(data, path)
        if (code === undefined) return code
        for (const wake of waiting.splice(0)) wake(code)
        return code
      },
      close: () => socket.close(),
    }
  }
  return { open, failed: () => new Promise<string>((resolve) => (waiting = [...waiting, resolve])) }
}

describe('datagrams', () => {
  it('arrive whole and in order', () =>
    inFolder(async (folder) => {
      const receiver = bindReceiver(join(folder, 'queue'))
      const { sink, telemetry } = await setUp(folder, { maxPerSecond: 15_000 })
      for (const prefix of ['a', 'b', 'c']) await sink.write(sampleDelivery(prefix, 300), never)
      const datagrams = await receiver.received(900)
      expect(idsOf(datagrams)).toEqual([...numbered('a', 300), ...numbered('b', 300), ...numbered('c', 300)])
      expect(datagrams[0]).toMatch(/^1:\[007\] \(web-07\) 10\.0\.0\.7->misp:\{"integration":"misp",/)
      await sink.close()
      expect(telemetry.lines).toEqual([])
      expect(readdirSync(join(folder, 'state/outbox/wazuh'))).toEqual(['sent'])
    }))

  it('of the longest events pass', () =>
    inFolder(async (folder) => {
      const receiver = bindReceiver(join(folder, 'queue'))
      const { sink } = await setUp(folder)
      const value = `https://example.com/${'"'.repeat(8000)}`
      const where = Array.from({ length: 100 }, (_, n) => `data.${'"'.repeat(300)}.${n}`) as [string]
      await sink.write(
        { parsed: [], matches: [sampleMatch({ observable: { type: 'url', value, where } })] },
        never,
      )
      const [datagram = ''] = await receiver.received(1)
      expect(eventIn(datagram).tripline.id).toBe('m-1')
      expect(Buffer.byteLength(datagram)).toBeLessThanOrEqual(64_000)
      await sink.close()
    }))
})

describe('a receiver', () => {
  it('R19: that comes later gets all that has waited', () =>
    inFolder(async (folder) => {
      const { open, failed } = await watchedSockets()
      const { sink, socket, telemetry } = await setUp(folder, {}, open)
      const code = failed()
      await sink.write(sampleDelivery('a', 20), never)
      expect(await code).toBe('ENOENT')
      const receiver = bindReceiver(socket)
      expect(idsOf(await receiver.received(20))).toEqual(numbered('a', 20))
      await sink.close()
      expect(telemetry.lines).toMatchObject([{ level: 40, code: 'ENOENT' }, { level: 30 }])
    }))

  it('R19: that was restarted is found again, and nothing is lost between', () =>
    inFolder(async (folder) => {
      const { open, failed } = await watchedSockets()
      const first = bindReceiver(join(folder, 'queue'))
      const { sink, socket, telemetry } = await setUp(folder, {}, open)
      await sink.write(sampleDelivery('a', 5), never)
      expect(idsOf(await first.received(5))).toEqual(numbered('a', 5))
      first.close()
      const code = failed()
      await sink.write(sampleDelivery('b', 5), never)
      expect(await code).toBe('ECONNREFUSED')
      const second = bindReceiver(socket)
      await sink.write(sampleDelivery('c', 5), never)
      expect(idsOf(await second.received(10))).toEqual([...numbered('b', 5), ...numbered('c', 5)])
      await sink.close()
      expect(telemetry.lines.map(({ level }) => level)).toEqual([40, 30])
    }))

  it('whose queue is full gets the rest as it reads', () =>
    inFolder(async (folder) => {
      const { open, failed } = await watchedSockets()
      const receiver = bindReceiver(join(folder, 'queue'))
      const { sink, telemetry } = await setUp(folder, { maxPerSecond: 15_000 }, open)
      const code = failed()
      const count = 2000
      await sink.write(sampleDelivery('a', count), never)
      // In the same process it reads only between two batches: its queue of 10 (or 512) datagrams runs over.
      expect(await code).toBe('EAGAIN')
      expect(idsOf(await receiver.received(count))).toEqual(numbered('a', count))
      await sink.close()
      expect(telemetry.lines).toEqual([])
    }))

  it('that is no datagram socket is told, and waited for', () =>
    inFolder(async (folder) => {
      const { open, failed } = await watchedSockets()
      const server = createServer().listen(join(folder, 'queue'))
      const { sink, telemetry } = await setUp(folder, {}, open)
      const code = failed()
      await sink.write(sampleDelivery('a', 1), never)
      expect(await code).toBe('EPROTOTYPE')
      await sink.close()
      server.close()
      expect(telemetry.lines).toMatchObject([{ level: 40, code: 'EPROTOTYPE' }])
    }))
})

it('R19: sends after a restart what an earlier run could not', () =>
  inFolder(async (folder) => {
    const first = await setUp(folder)
    await first.sink.write(sampleDelivery('a', 70), never)
    await first.sink.close()
    const second = await setUp(folder)
    await second.sink.write(sampleDelivery('b', 5), never)
    const receiver = bindReceiver(second.socket)
    expect(idsOf(await receiver.received(75))).toEqual([...numbered('a', 70), ...numbered('b', 5)])
    await second.sink.close()
  }))

describe('the system', () => {
  it('says that a datagram is too long for it', () =>
    inFolder(async (folder) => {
      const receiver = bindReceiver(join(folder, 'queue'))
      const socket = (await loadDatagrams())()
      expect(socket.send(Buffer.alloc(4 * 1024 ** 2, 'x'), join(folder, 'queue'))).toBe('EMSGSIZE')
      expect(socket.send(Buffer.from('x'), join(folder, 'queue'))).toBeUndefined()
      expect(await receiver.received(1)).toEqual(['x'])
      socket.close()
    }))

  it('is looked at by `tripline check`', () =>
    inFolder(async (folder) => {
      const socket = join(folder, 'queue')
      const config = wazuhQueueConfig.parse({ type: 'wazuh-queue', socket })
      expect(await inspectQueue(config)).toMatchObject([{ level: 'warning' }])
      const receiver = bindReceiver(socket)
      expect(await inspectQueue(config)).toMatchObject([{ level: 'ok' }])
      receiver.close()
      mkdirSync(join(folder, 'other'))
      writeFileSync(join(folder, 'other/queue'), '')
      const wrong = { ...config, socket: join(folder, 'other/queue') }
      expect(await inspectQueue(wrong)).toMatchObject([{ level: 'error' }])
    }))
})
