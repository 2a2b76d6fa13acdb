/**
 * How long the first copy of a MISP takes and how much memory: `npx tsx bench/misp-mirror.ts [--events 10000]
 * [--attributes 100] [--latency 70]`.
 *
 * The fake MISP runs in a process of its own and waits 70 ms before each answer, as recorded (facts of a real server: 62 ms
 * at the least). Tripline's own process is another one, bound to one core where `taskset` is there: it fetches everything into
 * the snapshot and into a mirror in memory. A third one then starts from the snapshot, without the server.
 */
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { parseArgs } from 'node:util'
import { child, say, startFake } from './mirror-processes.ts'

const { values: options } = parseArgs({
  options: {
    events: { type: 'string', default: '10000' },
    attributes: { type: 'string', default: '100' },
    latency: { type: 'string', default: '70' },
  },
})

const CHILD = fileURLToPath(new URL('./misp-mirror-child.ts', import.meta.url))
const FAKE = fileURLToPath(new URL('../test/support/fake-misp/main.ts', import.meta.url))

const folder = mkdtempSync(join(tmpdir(), 'tripline-bench-'))
const { events, attributes, latency } = options
const fake = await startFake(FAKE, ['--events', events, '--attributes', attributes, '--latency', latency])
try {
  say(
    `${options.events} events of ${options.attributes} attributes, ${options.latency} ms an answer, Node ${process.version}`,
  )
  await child(CHILD, 'first', folder, fake.line)
  fake.process.kill('SIGTERM')
  await child(CHILD, 'restart', folder, fake.line)
} finally {
  fake.process.kill('SIGTERM')
  rmSync(folder, { recursive: true, force: true })
}
