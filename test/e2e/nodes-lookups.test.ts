import { createClient } from '@redis/client'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import type { Cli } from '../support/cli.ts'
import { startFakeMisp, type FakeMisp } from '../support/fake-misp/fake-misp.ts'
import { createLogWriter, type LogWriter } from '../support/log-writer.ts'
import { redisInstalled, startRedis, type RedisServer } from '../support/redis-server.ts'
import { caughtUp, query, source, stop, useWorkspace, type Settings } from './workspace.ts'

const workspace = useWorkspace()

interface Node {
  readonly daemon: Cli
  /** An alert about a bad name that no node has asked for. */
  alert(): void
  readonly writer: LogWriter
}

let redis: RedisServer
let misp: FakeMisp
let writers: LogWriter[] = []
let alerts = 0

/** It reads its configuration before the next one's is written. */
async function node(name: string, settings: Settings): Promise<Node> {
  const writer = createLogWriter(workspace.path(name))
  writers.push(writer)
  const provider = { type: 'misp', url: misp.url, apiKey: misp.keys.user, retries: 0, ...settings }
  const config = workspace.config({
    stateDir: workspace.path(`${name}-state`),
    sources: { wazuh: source(writer.path) },
    store: { type: 'redis', host: '127.0.0.1', port: redis.port, retryDelay: '50ms', timeout: '20s' },
    providers: { misp: provider },
  })
  const daemon = workspace.tripline(['run', '--config', config])
  await daemon.logged('Tripline is running')
  const alert = (): void => {
    alerts += 1
    writer.line(query(alerts, `evil${alerts}.example.net`))
    writer.flush()
  }
  return { daemon, writer, alert }
}

function searches(): number {
  return misp.requests.filter(({ path }) => path.endsWith('/attributes/restSearch')).length
}

const TOO_OFTEN =
  'More is looked up than the rate limit of the settings lets through; the rest is asked later'

describe.runIf(redisInstalled('look-ups of several nodes'))('nodes that share a store', () => {
  beforeEach(async () => {
    alerts = 0
    redis = await startRedis()
    misp = await startFakeMisp({
      events: [
        {
          attributes: Array.from({ length: 9 }, (_, index) => ({
            type: 'domain',
            value: `evil${index + 1}.example.net`,
          })),
        },
      ],
    })
  })
  afterEach(async () => {
    for (const writer of writers) writer.close()
    writers = []
    await misp.close()
    await redis.remove()
  })

  it('R40: ask a provider no more often together than the settings say, and each by itself while the store is gone', async () => {
    const limits = { rateLimit: '0s', burstLimit: 3, burstWindow: '1h' }
    const [one, two] = [await node('master', limits), await node('worker', limits)]
    for (let number = 1; number <= 3; number += 1) {
      one.alert()
      await workspace.matched(number)
    }
    expect(searches()).toBe(3)
    two.alert()
    await two.daemon.logged(TOO_OFTEN)
    await caughtUp(two.daemon, two.writer)
    expect(searches()).toBe(3)

    await redis.kill()
    for (const { daemon } of [one, two]) await daemon.logged('The shared store is away')
    // It asks for itself now, also about what waits.
    two.alert()
    await workspace.matched(5)
    const alone = searches()
    expect(alone).toBeLessThanOrEqual(5)
    // It has asked three times.
    one.alert()
    await one.daemon.logged(TOO_OFTEN)

    await redis.start()
    await two.daemon.logged('The shared store knows what was written while it was away')
    two.alert()
    await caughtUp(two.daemon, two.writer)
    await caughtUp(one.daemon, one.writer)
    expect(searches()).toBe(alone)
    const totals = [await stop(one.daemon), await stop(two.daemon)]
    expect(totals).toMatchObject([{ alertsRead: 4 }, { alertsRead: 3 }])
    // None is lost: they wait, and are asked about when the hour is over.
    expect(workspace.matches()).toHaveLength(5)
  })

  it('R42: learn from each other that a provider is away, and lose nothing by it', async () => {
    const client = createClient({ socket: { host: '127.0.0.1', port: redis.port } })
    await client.connect()
    try {
      const one = await node('master', { breakerThreshold: 1, breakerTimeout: '500ms' })
      const two = await node('worker', { breakerThreshold: 100, breakerTimeout: '500ms' })
      misp.setFault('database-down')
      one.alert()
      await one.daemon.logged(
        'The provider cannot be asked; it is left alone for a while, and alerts are kept to be asked later',
      )
      expect(searches()).toBe(1)
      two.alert()
      await two.daemon.logged('Another node could not ask the provider; it is tried before it is asked')
      await two.daemon.logged(
        'The provider cannot be asked; it is left alone for a while, and alerts are kept to be asked later',
      )
      await caughtUp(two.daemon, two.writer)
      expect(searches()).toBe(1)
      expect(await client.keys('tripline:hint/*')).toHaveLength(1)

      misp.setFault(undefined)
      const matches = await workspace.matched(2)
      expect(matches.map(({ match }) => match.delayed)).toEqual([true, true])
      for (const { daemon } of [one, two]) await daemon.logged('The provider answers again')
      await expect.poll(() => client.keys('tripline:hint/*')).toEqual([])
      await stop(one.daemon)
      await stop(two.daemon)
    } finally {
      client.destroy()
    }
  })
})
