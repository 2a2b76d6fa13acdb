import { spawn, spawnSync, type ChildProcess } from 'node:child_process'
import { once } from 'node:events'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { createServer, type AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'

/** A real Redis on a port of its own, which keeps its data over a restart. */
export interface RedisServer {
  readonly port: number
  start(): Promise<void>
  /** As `kill -9` ends it. */
  kill(): Promise<void>
  /** It hangs: connections stay, nothing is answered. */
  pause(): void
  goOn(): void
  /** Ends it and removes its folder. */
  remove(): Promise<void>
}

/** Says aloud what is skipped where it is not installed; in CI it must be. */
export function redisInstalled(skipped: string): boolean {
  if (spawnSync('redis-server', ['--version'], { stdio: 'ignore' }).status === 0) return true
  if (process.env['CI'] === 'true') throw new Error('redis-server is missing')
  process.stderr.write(`SKIPPED: ${skipped}, as redis-server is not installed\n`)
  return false
}

/** `settings` as in redis.conf, by name: `{ requirepass: 'x' }`; `%port` stands for its port. */
export async function startRedis(settings: Readonly<Record<string, string>> = {}): Promise<RedisServer> {
  const folder = mkdtempSync(join(tmpdir(), 'tripline-redis-'))
  const port = await freePort()
  const own = { bind: '127.0.0.1', port: String(port), save: '', appendonly: 'yes', appendfsync: 'always' }
  const config = Object.entries({ ...own, dir: folder, ...settings })
    .map(([name, value]) => `${name} ${value === '' ? '""' : value.replace('%port', String(port))}\n`)
    .join('')
  writeFileSync(join(folder, 'redis.conf'), config)
  let child: ChildProcess | undefined

  async function start(): Promise<void> {
    const started = spawn('redis-server', [join(folder, 'redis.conf')], {
      stdio: ['ignore', 'pipe', 'inherit'],
    })
    child = started
    let log = ''
    started.stdout.setEncoding('utf8')
    for await (const piece of started.stdout) {
      log += piece
      if (!log.includes('Ready to accept connections')) continue
      started.stdout.resume()
      return
    }
    throw new Error(`redis-server ended:\n${log}`)
  }

  async function kill(): Promise<void> {
    const ending = child
    child = undefined
    if (ending === undefined || ending.exitCode !== null) return
    ending.kill('SIGKILL')
    await once(ending, 'exit')
  }

  await start()
  return {
    port,
    start,
    kill,
    pause: () => child?.kill('SIGSTOP'),
    goOn: () => child?.kill('SIGCONT'),
    remove: async () => {
      await kill()
      rmSync(folder, { recursive: true })
    },
  }
}

async function freePort(): Promise<number> {
  const server = createServer()
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  const { port } = server.address() as AddressInfo
  server.close()
  await once(server, 'close')
  return port
}
