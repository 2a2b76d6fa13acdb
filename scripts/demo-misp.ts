import { readFileSync } from 'node:fs'
import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { setTimeout as pause } from 'node:timers/promises'
import { stringify } from 'yaml'
import { z } from 'zod'
import type { Cli } from '../test/support/cli.ts'
import { exampleLines, expectedOfExamples } from '../test/support/examples.ts'
import { startFakeMisp, type FakeMisp } from '../test/support/fake-misp/fake-misp.ts'
import { createLogWriter, sizeOf, type LogWriter } from '../test/support/log-writer.ts'
import {
  differences,
  FLUSH_EVERY,
  LIMIT_MS,
  LINE_EVERY_MS,
  matchRecords,
  ROOT,
  say,
  startDaemon,
  stopDaemon,
} from './demo-daemon.ts'

/** As long as a MISP takes for a look-up (recorded with 2.5.1). */
const LATENCY_MS = 65

const eventsSchema = z.array(
  z.object({
    info: z.string(),
    orgc: z.string(),
    date: z.string(),
    threatLevelId: z.int(),
    tags: z.array(z.string()),
    attributes: z.array(
      z.object({
        type: z.string(),
        value: z.string(),
        category: z.string(),
        comment: z.string().exactOptional(),
      }),
    ),
  }),
)

interface Demo {
  readonly misp: FakeMisp
  readonly daemon: Cli
  readonly writer: LogWriter
  readonly signal: AbortSignal
}

function configOf(folder: string, alertsFile: string, misp: FakeMisp): string {
  return stringify({
    stateDir: join(folder, 'state'),
    log: { level: 'debug', format: 'json' },
    sources: { wazuh: { type: 'wazuh-file', files: [alertsFile], startAt: 'beginning' } },
    // The examples use documentation addresses, which are never looked up otherwise.
    policy: { lookUpSpecial: ['documentation'] },
    // Quicker to give up and to come back than one would have it with a real server.
    online: { patience: '500ms' },
    providers: {
      misp: {
        type: 'misp',
        url: misp.url,
        apiKey: misp.keys.user,
        retries: 0,
        breakerThreshold: 2,
        breakerTimeout: '1s',
      },
    },
    sinks: {
      screen: { type: 'stdout', format: 'text' },
      matches: { type: 'match-log', path: join(folder, 'ioc-matched.log') },
    },
  })
}

async function append({ writer, daemon, signal }: Demo, lines: readonly string[]): Promise<void> {
  for (const [at, line] of lines.entries()) {
    writer.line(line)
    if (at % FLUSH_EVERY === 0) writer.flush()
    await pause(LINE_EVERY_MS, undefined, { signal })
  }
  writer.flush()
  await daemon.logged('Processed up to position', { offset: sizeOf(writer.dated()) })
}

/** Look-ups, an outage, the recovery. */
async function play(demo: Demo): Promise<void> {
  const { misp, daemon } = demo
  const lines = exampleLines()
  const third = Math.ceil(lines.length / 3)
  await daemon.logged('Reading a file')
  await append(demo, lines.slice(0, third))
  say(`--- ${misp.requests.filter(({ path }) => path.includes('restSearch')).length} searches so far`)
  say('--- the MISP is stopped: nothing is lost, what cannot be asked is kept')
  await misp.stop()
  await append(demo, lines.slice(third, 2 * third))
  await daemon.logged('The provider did not answer in time; alerts are kept and asked for again')
  say('--- the MISP is back: late matches say so')
  await misp.start()
  await daemon.logged('The provider answers again; all alerts that waited are answered')
  await append(demo, lines.slice(2 * third))
}

async function conclude({ daemon, misp }: Demo, folder: string): Promise<boolean> {
  const totals = await stopDaemon(daemon)
  const records = await matchRecords(folder)
  // A MISP cannot be asked which networks cover an address.
  const wrong = differences(
    records,
    expectedOfExamples().matches.filter(({ kind }) => kind !== 'cidr'),
  )
  for (const line of wrong) say(line)
  const lost = exampleLines().length - totals.alertsRead
  const late = records.filter(({ match }) => match.delayed === true).length
  const searches = misp.requests.filter(({ path }) => path.includes('restSearch')).length
  process.stdout.write(
    `demo: ${totals.alertsRead} alerts read, ${records.length} matches, ${late} of them late, ${searches} searches, ${lost} lost\n`,
  )
  return lost === 0 && late > 0 && wrong.length === 0
}

/** A daemon that asks a MISP, which goes away and comes back. True when all was as it must be. */
export async function runMispDemo(folder: string, interrupted: AbortSignal): Promise<boolean> {
  const events = eventsSchema.parse(JSON.parse(readFileSync(join(ROOT, 'examples/misp/events.json'), 'utf8')))
  const misp = await startFakeMisp({ latencyMs: LATENCY_MS, events })
  const writer = createLogWriter(folder)
  const config = join(folder, 'tripline.yaml')
  await writeFile(config, configOf(folder, writer.path, misp), { mode: 0o600 })
  const attributes = events.reduce((sum, event) => sum + event.attributes.length, 0)
  say(`Tripline follows ${writer.path} and asks a stand-in for a MISP, which knows ${attributes} attributes.`)
  say('Each line is a match.\n')
  const daemon = startDaemon(config)
  const signal = AbortSignal.any([interrupted, AbortSignal.timeout(LIMIT_MS)])
  const demo = { misp, daemon, writer, signal }
  try {
    await play(demo)
    return await conclude(demo, folder)
  } finally {
    daemon.kill('SIGKILL')
    writer.close()
    await daemon.ended
    await misp.close()
  }
}
