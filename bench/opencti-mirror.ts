/**
 * How long the first copy of an OpenCTI takes and how much memory: `npx tsx bench/opencti-mirror.ts [--indicators 1000000]
 * [--latency 100]`.
 *
 * The fake OpenCTI runs in a process of its own. Tripline's own process is another one, bound to one core where `taskset` is
 * there: it loads everything into the snapshot and into a mirror in memory. A third one then starts from the snapshot. At last
 * indicators are made and revoked in a fake of 20,000 others, and it is measured when that takes effect.
 */
import { execFileSync, spawn, type ChildProcess } from 'node:child_process'
import { once } from 'node:events'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import { fileURLToPath } from 'node:url'
import { parseArgs } from 'node:util'
import { measureEffect } from './opencti-effect.ts'

const { values: options } = parseArgs({
  options: {
    indicators: { type: 'string', default: '1000000' },
    latency: { type: 'string', default: '100' },
  },
})

const CHILD = fileURLToPath(new URL('./opencti-mirror-child.ts', import.meta.url))
const FAKE = fileURLToPath(new URL('../test/support/fake-opencti/main.ts', import.meta.url))

/** util-linux. */
const PIN = ['taskset', '-c', '0'] as const

function say(text: string): void {
  process.stdout.write(`${text}\n`)
}

/** Starts the fake; gives its first line: where it listens. */
async function startFake(): Promise<{ readonly process: ChildProcess; readonly line: string }> {
  const { indicators, latency } = options
  const args = ['--indicators', indicators, '--latency', latency]
  const fake = spawn(process.execPath, ['--import', 'tsx', FAKE, ...args], {
    stdio: ['ignore', 'pipe', 'inherit'],
  })
  for await (const line of createInterface({ input: fake.stdout })) return { process: fake, line }
  throw new Error('The fake OpenCTI ended before it listened')
}

function onOneCore(): readonly string[] {
  const [program, ...args] = PIN
  try {
    execFileSync(program, [...args, 'true'], { stdio: 'ignore' })
    return PIN
  } catch {
    return []
  }
}

async function child(...args: readonly string[]): Promise<void> {
  const command = [...onOneCore(), process.execPath, '--import', 'tsx', CHILD, ...args]
  const running = spawn(command[0] ?? '', command.slice(1), { stdio: ['ignore', 'inherit', 'inherit'] })
  await once(running, 'exit')
  if (running.exitCode !== 0) throw new Error(`The measured process ended with ${String(running.exitCode)}`)
}

const folder = mkdtempSync(join(tmpdir(), 'tripline-bench-'))
const fake = await startFake()
try {
  say(`${options.indicators} indicators, ${options.latency} ms an answer, Node ${process.version}`)
  await child('first', folder, fake.line)
  await child('restart', folder, fake.line)
} finally {
  fake.process.kill('SIGTERM')
  rmSync(folder, { recursive: true, force: true })
}

function spread(values: readonly number[]): string {
  const sorted = values.toSorted((a, b) => a - b)
  const middle = sorted[Math.floor(sorted.length / 2)] ?? Number.NaN
  return `median ${middle.toFixed(0)} ms, longest ${(sorted.at(-1) ?? Number.NaN).toFixed(0)} ms`
}

const { added, revoked } = await measureEffect()
say(`effect   of a new indicator: ${spread(added)}; of a revoked one: ${spread(revoked)}`)
