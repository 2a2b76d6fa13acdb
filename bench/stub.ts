/**
 * What the scripts custom-opencti and custom-misp cost: `npx tsx bench/stub.ts [--runs 300] [--alerts 1000]`.
 *
 * Wall time of one run, from the start of the process to its end, beside that of a shell and of Node.js that do nothing, in
 * turns, so that all see the same machine. Then so many alerts, one after the other as wazuh-integratord does it, through
 * script, spool and source, until the last one is acknowledged and removed.
 */
import { spawn, spawnSync } from 'node:child_process'
import { mkdirSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs'
import { once } from 'node:events'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { parseArgs } from 'node:util'
import { systemClock } from '../src/core/clock.ts'
import { createDecoder } from '../src/sources/decode.ts'
import { spoolConfig } from '../src/sources/spool/config.ts'
import { createSpoolSource } from '../src/sources/spool/spool.ts'
import { createLogger } from '../src/telemetry/logger.ts'
import { createMetrics } from '../src/telemetry/registry.ts'

const { values: options } = parseArgs({
  options: { runs: { type: 'string', default: '300' }, alerts: { type: 'string', default: '1000' } },
})
const STUB = fileURLToPath(new URL('../deploy/wazuh/integrations/custom-opencti', import.meta.url))
/** As wazuh-integratord 4.8 and later gives them after the alert file. */
const REST = ['KEY', 'https://opencti.example.org/graphql', '', '', '10', '3', '> /dev/null 2>&1']
const ALERT_BYTES = 1500

function say(text: string): void {
  process.stdout.write(`${text}\n`)
}

const folder = mkdtempSync(join(tmpdir(), 'tripline-bench-'))
const spool = join(folder, 'spool')
const env = { PATH: '/usr/bin:/bin', TRIPLINE_SPOOL: spool }
const alert = join(folder, 'bench.alert')
writeFileSync(
  alert,
  `${JSON.stringify({ id: '1763719200.1', rule: { id: '100001' }, agent: { id: '001' }, data: { text: 'x'.repeat(ALERT_BYTES) } })}\n`,
)

function timed(program: string, args: readonly string[]): number {
  const began = performance.now()
  const { status } = spawnSync(program, args, { env, stdio: 'ignore' })
  if (status !== 0) throw new Error(`${program} ended with ${status}`)
  return performance.now() - began
}

function row(name: string, times: readonly number[]): void {
  const sorted = times.toSorted((a, b) => a - b)
  const at = (share: number): string =>
    (sorted[Math.min(sorted.length - 1, Math.floor(share * sorted.length))] ?? Number.NaN)
      .toFixed(2)
      .padStart(8)
  say(`${name.padEnd(16)} median ${at(0.5)} ms   p99 ${at(0.99)} ms   longest ${at(1)} ms`)
}

interface Subject {
  readonly name: string
  readonly program: string
  readonly args: readonly string[]
  readonly times: number[]
}

function oneRun(): void {
  const subjects: readonly Subject[] = [
    { name: 'custom-opencti', program: STUB, args: [alert, ...REST], times: [] },
    { name: 'sh -c :', program: 'sh', args: ['-c', ':'], times: [] },
    { name: 'node -e 0', program: process.execPath, args: ['-e', '0'], times: [] },
  ]
  for (let run = 0; run < Number(options.runs); run += 1)
    for (const { program, args, times } of subjects) times.push(timed(program, args))
  for (const { name, times } of subjects) row(name, times)
}

async function throughSpool(): Promise<void> {
  const alerts = Number(options.alerts)
  const stop = new AbortController()
  const telemetry = {
    logger: createLogger({ level: 'error' }),
    metrics: createMetrics(),
    clock: systemClock,
  }
  const source = createSpoolSource({
    id: 'spool',
    config: spoolConfig.parse({ type: 'spool', dir: spool }),
    decode: await createDecoder(),
    telemetry,
  })
  const began = performance.now()
  // A process of its own, so that the source is not held up by the starting of others.
  const writer = spawn(
    'sh',
    ['-c', 'n=0; while [ $n -lt "$0" ]; do "$@"; n=$((n + 1)); done', String(alerts), STUB, alert, ...REST],
    { env, stdio: 'ignore' },
  )
  const written = once(writer, 'exit').then(() => performance.now() - began)
  let read = 0
  let batches = 0
  for await (const batch of source.read(stop.signal)) {
    read += batch.alerts.length
    batches += 1
    batch.ack()
    if (read >= alerts) break
  }
  await source.close()
  stop.abort()
  const seconds = ((performance.now() - began) / 1000).toFixed(2)
  const writing = ((await written) / 1000).toFixed(2)
  const left = readdirSync(join(spool, 'new')).length
  say(
    `${read} alerts through script and source in ${seconds} s (${writing} s to write them), ${batches} batches, ${left} files left`,
  )
}

for (const name of ['tmp', 'new', 'failed']) mkdirSync(join(spool, name), { recursive: true })
writeFileSync(join(spool, 'served'), '')
try {
  say(`${options.runs} runs each, alert of ${ALERT_BYTES} bytes, Node ${process.version}`)
  oneRun()
  for (const name of readdirSync(join(spool, 'new'))) rmSync(join(spool, 'new', name))
  await throughSpool()
} finally {
  rmSync(folder, { recursive: true, force: true })
}
