import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { createLogWriter, type LogWriter } from '../support/log-writer.ts'
import { redisInstalled, startRedis, type RedisServer } from '../support/redis-server.ts'
import type { Cli } from '../support/cli.ts'
import { caughtUp, query, source, stop, useWorkspace, type Settings } from './workspace.ts'

const workspace = useWorkspace()

/** A Tripline beside the manager of one node of a cluster. */
interface Node {
  readonly writer: LogWriter
  readonly daemon: Cli
}

let redis: RedisServer
let writers: LogWriter[] = []

function node(name: string, settings: Settings = {}): Node {
  const writer = createLogWriter(workspace.path(name))
  writers.push(writer)
  const config = workspace.config({
    stateDir: workspace.path(`${name}-state`),
    sources: { wazuh: source(writer.path) },
    store: { type: 'redis', host: '127.0.0.1', port: redis.port, retryDelay: '50ms', timeout: '20s' },
    ...settings,
  })
  return { writer, daemon: workspace.tripline(['run', '--config', config]) }
}

describe.runIf(redisInstalled('several nodes with a shared store'))('several nodes', () => {
  beforeEach(async () => {
    redis = await startRedis()
    workspace.file('bad.txt', 'evil.example.net\n')
  })
  afterEach(async () => {
    for (const writer of writers) writer.close()
    writers = []
    await redis.remove()
  })

  it('R36: report one match per window, not two, however many see it', async () => {
    // Each reads its configuration before the next one's is written.
    const nodes: Node[] = []
    for (const name of ['master', 'worker']) {
      const started = node(name)
      nodes.push(started)
      await started.daemon.logged('Tripline is running')
    }
    for (let number = 1; number <= 20; number += 1)
      for (const [index, { writer }] of nodes.entries()) {
        writer.line(inCluster(2 * number + index, `a${number}.evil.example.net`, index))
        writer.flush()
      }
    await workspace.matched(20)
    for (const { daemon, writer } of nodes) await caughtUp(daemon, writer)
    const totals = []
    for (const { daemon } of nodes) totals.push(await stop(daemon))
    const reported = workspace.matches().map(({ observable }) => observable.value)
    expect(reported.toSorted()).toEqual(
      Array.from({ length: 20 }, (_, index) => `a${index + 1}.evil.example.net`).toSorted(),
    )
    expect(totals.map(({ alertsRead }) => alertsRead)).toEqual([20, 20])
  })

  it('lose nothing while the shared store is gone, and share again when it is back', async () => {
    const { writer, daemon } = node('master')
    writer.line(inCluster(1, 'a1.evil.example.net', 0))
    writer.flush()
    await workspace.matched(1)
    await redis.kill()
    writer.line(inCluster(2, 'a2.evil.example.net', 0))
    // A repeat: the node knows it itself.
    writer.line(inCluster(3, 'a1.evil.example.net', 0))
    writer.line(inCluster(4, 'a3.evil.example.net', 0))
    writer.flush()
    await workspace.matched(3)
    await daemon.logged('The shared store is away')
    await redis.start()
    await daemon.logged('The shared store knows what was written while it was away')
    await stop(daemon)
    const other = node('worker')
    other.writer.line(inCluster(5, 'a2.evil.example.net', 1))
    other.writer.line(inCluster(6, 'a4.evil.example.net', 1))
    other.writer.flush()
    const matches = await workspace.matched(4)
    expect(await stop(other.daemon)).toMatchObject({ alertsRead: 2, matches: 1 })
    expect(matches.map(({ alert }) => alert.id)).toEqual([1, 2, 4, 6].map((each) => `1773043200.${each}`))
  })

  it('start with a clear word where the shared store refuses them', async () => {
    await redis.kill()
    await redis.remove()
    redis = await startRedis({ requirepass: 'right' })
    const { daemon } = node('master')
    const { code, stderr } = await daemon.ended
    expect(code).toBe(1)
    expect(stderr).toContain('wants a password')
    expect(stderr).toContain('passwordFile')
  })
})

/** An alert of agent 007 of one cluster, by the manager it is connected to. */
function inCluster(number: number, name: string, index: number): string {
  const manager = ['master', 'worker'][index]
  const line = query(number, name)
  const alert = JSON.parse(line) as Record<string, unknown>
  return JSON.stringify({
    ...alert,
    agent: { id: '007', name: 'laptop' },
    manager: { name: manager },
    cluster: { name: 'soc', node: manager },
  })
}
