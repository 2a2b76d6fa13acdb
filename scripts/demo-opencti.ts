import { readFileSync } from 'node:fs'
import { mkdir, readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { setTimeout as pause } from 'node:timers/promises'
import { stringify } from 'yaml'
import { z } from 'zod'
import { unitOf } from '../src/intel/opencti/mirror/places.ts'
import type { MatchRecord } from '../src/sinks/schema.ts'
import type { Cli } from '../test/support/cli.ts'
import { exampleLines, rowSchema } from '../test/support/examples.ts'
import { startFakeOpenCti, type FakeOpenCti } from '../test/support/fake-opencti/fake-opencti.ts'
import type { Added } from '../test/support/fake-opencti/types.ts'
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
import { addIndicator, demoObjects, fill, type Objects } from './demo-opencti-objects.ts'

/** As long as an OpenCTI takes for a look-up. */
const LATENCY_MS = 60
/** Characters of an event. */
const SHOWN = 400
/** What docs/opencti.md tells an administrator to stream. */
const STREAM_FILTER = streamFilter()

const rows = z.array(rowSchema)
const expectedSchema = z.object({ online: rows, mirror: rows })

const eventSchema = z.object({
  integration: z.literal('opencti'),
  opencti: z.object({ event_type: z.string() }),
})

interface Demo {
  readonly opencti: FakeOpenCti
  readonly objects: Objects
  /** By their names in the file. */
  readonly added: ReadonlyMap<string, Added>
  readonly folder: string
  readonly signal: AbortSignal
}

interface Part {
  readonly alertsRead: number
  readonly records: readonly MatchRecord[]
  readonly events: readonly WazuhEvent[]
  readonly isAsExpected: boolean
}

function streamFilter(): string {
  const page = readFileSync(join(ROOT, 'docs/opencti.md'), 'utf8')
  return /^ *```json\n([\s\S]*?)^ *```$/m.exec(page)?.[1] ?? ''
}

function configOf(folder: string, alertsFile: string, provider: Readonly<Record<string, unknown>>): string {
  return stringify({
    stateDir: join(folder, 'state'),
    log: { level: 'debug', format: 'json' },
    sources: { wazuh: { type: 'wazuh-file', files: [alertsFile], startAt: 'beginning' } },
    // The examples use documentation addresses, which are never looked up otherwise.
    policy: { lookUpSpecial: ['documentation'] },
    providers: { opencti: { type: 'opencti', ...provider } },
    sinks: {
      screen: { type: 'stdout', format: 'text' },
      matches: { type: 'match-log', path: join(folder, 'ioc-matched.log') },
      wazuh: { type: 'wazuh-log', path: join(folder, 'wazuh-events.json') },
    },
  })
}

interface Running {
  readonly daemon: Cli
  readonly writer: LogWriter
  readonly signal: AbortSignal
}

async function append({ writer, daemon, signal }: Running, lines: readonly string[]): Promise<void> {
  for (const [at, line] of lines.entries()) {
    writer.line(line)
    if (at % FLUSH_EVERY === 0) writer.flush()
    await pause(LINE_EVERY_MS, undefined, { signal })
  }
  writer.flush()
  await daemon.logged('Processed up to position', { offset: sizeOf(writer.dated()) })
}

/** A daemon of its own over all example alerts. */
async function runPart(
  name: 'online' | 'mirror',
  { opencti, folder: parent, signal }: Demo,
  play: (running: Running) => Promise<void>,
): Promise<Part> {
  const folder = join(parent, name)
  await mkdir(folder)
  const stream = opencti.addStreamCollection({ filters: STREAM_FILTER })
  const mirror = name === 'mirror' ? { mirror: { stream } } : {}
  const writer = createLogWriter(folder)
  const config = join(folder, 'tripline.yaml')
  const provider = { mode: name, url: opencti.url, token: opencti.token, ...mirror }
  await writeFile(config, configOf(folder, writer.path, provider), { mode: 0o600 })
  const daemon = startDaemon(config)
  try {
    await daemon.logged('Tripline is running')
    await play({ daemon, writer, signal })
    const { alertsRead } = await stopDaemon(daemon)
    const records = await matchRecords(folder)
    const wrong = differences(records, expected()[name])
    for (const line of wrong) say(line)
    const events = await wazuhEvents(folder)
    say(`--- ${events.length} events for Wazuh, in the form of custom-opencti, of these types:`)
    for (const line of examplesOf(events)) say(line)
    return { alertsRead, records, events, isAsExpected: wrong.length === 0 }
  } finally {
    daemon.kill('SIGKILL')
    writer.close()
    await daemon.ended
  }
}

function expected(): z.infer<typeof expectedSchema> {
  return expectedSchema.parse(JSON.parse(readFileSync(join(ROOT, 'examples/opencti/expected.json'), 'utf8')))
}

interface WazuhEvent {
  readonly type: string
  readonly line: string
}

async function wazuhEvents(folder: string): Promise<readonly WazuhEvent[]> {
  const text = await readFile(join(folder, 'wazuh-events.json'), 'utf8')
  return text
    .trimEnd()
    .split('\n')
    .map((line) => ({ type: eventSchema.parse(JSON.parse(line)).opencti.event_type, line }))
}

/** Of each type how many, and the beginning of the first. */
function examplesOf(events: readonly WazuhEvent[]): readonly string[] {
  const types = [...new Set(events.map(({ type }) => type))]
  return types.map((type) => {
    const those = events.filter((event) => event.type === type)
    return `${String(those.length).padStart(4)} ${type}  ${those[0]?.line.slice(0, SHOWN)}…`
  })
}

async function playOnline(demo: Demo): Promise<Part> {
  say('--- online: each new value is asked for once. Networks and AND patterns are not found so.')
  return runPart('online', demo, (running) => append(running, exampleLines()))
}

async function playMirror(demo: Demo): Promise<Part> {
  const { opencti, objects, added } = demo
  const { revoked, added: fresh } = objects.later
  say('\n--- mirror: all indicators are copied, and followed by the live stream. No value leaves the host.')
  return runPart('mirror', demo, async (running) => {
    const lines = exampleLines()
    const middle = Math.floor(lines.length / 2)
    await append(running, lines.slice(0, middle))
    say('--- an analyst revokes the malware hosts and adds an address')
    opencti.revokeIndicator(added.get(revoked)?.id ?? '')
    const { standard_id: ref } = addIndicator(opencti, fresh, objects.author)
    await running.daemon.logged('Mirror unit changed', { unit: unitOf(ref) })
    await append(running, lines.slice(middle))
  })
}

/** A daemon that asks an OpenCTI, then one that keeps a copy of it. True when all was as it must be. */
export async function runOpenCtiDemo(folder: string, interrupted: AbortSignal): Promise<boolean> {
  const opencti = await startFakeOpenCti({ latencyMs: LATENCY_MS })
  const objects = demoObjects()
  const signal = AbortSignal.any([interrupted, AbortSignal.timeout(2 * LIMIT_MS)])
  say(`Tripline reads ${exampleLines().length} example alerts twice, against a stand-in for an OpenCTI with`)
  say(`${objects.indicators.length} indicators. Each line is a match.\n`)
  try {
    const demo = { opencti, objects, added: fill(opencti, objects), folder, signal }
    const parts = [await playOnline(demo), await playMirror(demo)]
    const sum = (numberOf: (part: Part) => number): number =>
      parts.reduce((total, part) => total + numberOf(part), 0)
    const read = sum(({ alertsRead }) => alertsRead)
    const matches = sum(({ records }) => records.length)
    const events = sum((part) => part.events.length)
    const lookups = opencti.requests.filter(({ operationName }) => operationName === 'Lookup').length
    const lost = 2 * exampleLines().length - read
    process.stdout.write(
      `demo: ${read} alerts read, ${matches} matches, ${events} events, ${lookups} look-ups, ${lost} lost\n`,
    )
    return lost === 0 && parts.every(({ isAsExpected }) => isAsExpected)
  } finally {
    await opencti.close()
  }
}
