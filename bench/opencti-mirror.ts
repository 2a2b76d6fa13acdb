/**
 * How long the first copy of an OpenCTI takes and how much memory: `npx tsx bench/opencti-mirror.ts [--indicators 1000000]
 * [--latency 100]`.
 *
 * The fake OpenCTI runs in a process of its own. Tripline's own process is another one, bound to one core where `taskset` is
 * there: it loads everything into the snapshot and into a mirror in memory. A third one then starts from the snapshot. At last
 * indicators are made and revoked in a fake of 20,000 others, and it is measured when that takes effect.
 */
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { parseArgs } from 'node:util'
import { child, say, startFake } from './mirror-processes.ts'
import { measureEffect } from './opencti-effect.ts'

const { values: options } = parseArgs({
  options: {
    indicators: { type: 'string', default: '1000000' },
    latency: { type: 'string', default: '100' },
  },
})

const CHILD = fileURLToPath(new URL('./opencti-mirror-child.ts', import.meta.url))
const FAKE = fileURLToPath(new URL('../test/support/fake-opencti/main.ts', import.meta.url))

const folder = mkdtempSync(join(tmpdir(), 'tripline-bench-'))
const { indicators, latency } = options
const fake = await startFake(FAKE, ['--indicators', indicators, '--latency', latency])
try {
  say(`${options.indicators} indicators, ${options.latency} ms an answer, Node ${process.version}`)
  await child(CHILD, 'first', folder, fake.line)
  await child(CHILD, 'restart', folder, fake.line)
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
