/**
 * From the script that Wazuh starts to the event in Wazuh's queue: `npx tsx bench/spool.ts [--alerts 1000] [--latency 350]`.
 *
 * A daemon with `deploy/wazuh/tripline-opencti.yaml` and a fake OpenCTI of a given latency, which knows every tenth address. Once the
 * alerts are handed over by the script, one after the other as wazuh-integratord does it; once they lie in the spool already
 * when the daemon starts. Prints when the last event came, and how many requests that took. Run `npm run build` before.
 */
import { fork, spawn, type ChildProcess } from 'node:child_process'
import { once } from 'node:events'
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { parseArgs } from 'node:util'
import { stringify } from 'yaml'
import { z } from 'zod'
import { startCli, type Cli } from '../test/support/cli.ts'
import { dropInExample } from '../test/support/drop-in.ts'
import { eventIn } from '../test/support/datagram-event.ts'
import { bindReceiver, type Receiver } from '../test/support/receiver.ts'
import { alertText, isKnown } from './spool-alerts.ts'

const { values: options } = parseArgs({
  options: { alerts: { type: 'string', default: '1000' }, latency: { type: 'string', default: '350' } },
})
const alerts = Number(options.alerts)
const numbers = Array.from({ length: alerts }, (_, number) => number)
const expected = numbers.filter(isKnown).length
const STUB = fileURLToPath(new URL('../deploy/wazuh/integrations/custom-opencti', import.meta.url))
/** As wazuh-integratord 4.8 and later gives them after the alert file. */
const REST = ['KEY', 'https://opencti.example.org/graphql', '', '', '10', '3', '> /dev/null 2>&1']

const serverState = z.object({
  url: z.string(),
  token: z.string(),
  lookups: z.number(),
  details: z.number(),
  requests: z.number(),
})
type ServerState = z.infer<typeof serverState>

const eventSchema = z.object({
  tripline: z.object({ id: z.string(), delayed: z.literal('true').optional() }),
})

function say(what: string, value: string): void {
  process.stdout.write(`${what.padEnd(44)} ${value}\n`)
}

function seconds(ms: number): string {
  return `${(ms / 1000).toFixed(2)} s`
}

/** What the server says next; asked for unless it has just started. */
async function told(server: ChildProcess, command?: string): Promise<ServerState> {
  const answer = once(server, 'message')
  if (command !== undefined) server.send(command)
  return z
    .tuple([serverState])
    .rest(z.unknown())
    .parse(await answer)[0]
}

interface Place {
  readonly spool: string
  readonly config: string
  readonly queue: Receiver
}

/** A folder for one run: nothing is known from the one before. */
function placeBelow(folder: string, { url, token }: ServerState): Place {
  mkdirSync(folder)
  const path = (name: string): string => join(folder, name)
  writeFileSync(path('token'), token)
  const config = dropInExample({
    stateDir: path('state'),
    spool: path('spool'),
    tokenFile: path('token'),
    matches: path('ioc-matched.log'),
    socket: path('queue'),
    url,
  })
  writeFileSync(path('tripline.yaml'), stringify({ ...config, log: { level: 'info', format: 'json' } }))
  return { spool: path('spool'), config: path('tripline.yaml'), queue: bindReceiver(path('queue')) }
}

async function measured(
  name: string,
  place: Place,
  server: ChildProcess,
  work: (since: () => number) => Promise<Cli>,
) {
  await told(server, 'count')
  const began = performance.now()
  const since = (): number => performance.now() - began
  const first = place.queue.received(1).then(since)
  const last = place.queue.received(expected).then(since)
  say(name, `${alerts} alerts, ${expected} of them known, an answer after ${options.latency} ms`)
  const daemon = await work(since)
  say('  first event', seconds(await first))
  say('  last event', seconds(await last))
  const { lookups, details, requests } = await told(server, 'count')
  say('  requests', `${requests}: ${lookups} look-ups, ${details} for details`)
  const events = place.queue.datagrams.map((datagram) => eventSchema.parse(eventIn(datagram)).tripline)
  const late = events.filter(({ delayed }) => delayed !== undefined).length
  say(
    '  events',
    `${new Set(events.map(({ id }) => id)).size} of ${expected}, ${late} of them after the patience`,
  )
  daemon.kill('SIGTERM')
  await daemon.ended
  place.queue.close()
}

const daemons: Cli[] = []

function started(place: Place): Cli {
  const daemon = startCli(['run', '--config', place.config])
  daemons.push(daemon)
  return daemon
}

/** As Wazuh does it, one after the other; in a shell of its own, so that this process does not hold it up. */
async function handOver(place: Place, folder: string): Promise<void> {
  const loop =
    'n=0; while [ $n -lt "$0" ]; do "$1" "$2/$n.alert" "$3" "$4" "" "" 10 3 "$5"; n=$((n + 1)); done'
  const [key = '', url = ''] = REST
  const child = spawn('sh', ['-c', loop, String(alerts), STUB, folder, key, url, REST.at(-1) ?? ''], {
    env: { PATH: '/usr/bin:/bin', TRIPLINE_SPOOL: place.spool },
    stdio: 'ignore',
  })
  await once(child, 'exit')
}

const folder = mkdtempSync(join(tmpdir(), 'tripline-bench-'))
const server = fork(fileURLToPath(new URL('opencti-server.ts', import.meta.url)), [
  options.latency,
  options.alerts,
])
try {
  const state = await told(server)
  const files = join(folder, 'alerts')
  mkdirSync(files)
  for (const number of numbers) writeFileSync(join(files, `${number}.alert`), alertText(number))

  const live = placeBelow(join(folder, 'live'), state)
  const daemon = started(live)
  await daemon.logged('Reading a spool')
  await measured('handed over by the script', live, server, async (since) => {
    await handOver(live, files)
    say('  last script ended', seconds(since()))
    return daemon
  })

  const waiting = placeBelow(join(folder, 'waiting'), state)
  mkdirSync(join(waiting.spool, 'new'), { recursive: true })
  for (const number of numbers) {
    const name = `${1_763_719_200 + number}.000000001.4711.custom-opencti`
    writeFileSync(join(waiting.spool, 'new', name), alertText(number))
  }
  await measured('in the spool at the start', waiting, server, async (since) => {
    const second = started(waiting)
    await second.logged('Tripline is running')
    say('  running', seconds(since()))
    return second
  })
} finally {
  for (const daemon of daemons) daemon.kill('SIGKILL')
  await Promise.all(daemons.map((daemon) => daemon.ended))
  server.disconnect()
  rmSync(folder, { recursive: true, force: true })
}
