import { mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { randomUUID } from 'node:crypto'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { settingsSchema } from '../../config/schema.ts'
import { systemErrorCode, errorText } from '../../core/errors.ts'
import { isRecord, parseJson } from '../../core/json.ts'
import { silentTelemetry } from '../check/platforms.ts'
import { runDaemon } from '../daemon.ts'
import type { DoctorContext } from './context.ts'
import { fail, ok, type Results } from './result.ts'

/** SHA-256 of the EICAR test file (68 bytes), which every virus scanner knows and which harms nobody. */
const EICAR = '275a021bbfb6489e54d471899f7db9d1663fc695ec2fe2a2c4538aabf651fd0f'

const POLL_MS = 50
/** It takes a tenth of a second on a machine that is not busy. */
const WAIT_MS = 20_000

/**
 * The whole way, as `run` composes it, in a folder of its own: a feed with two planted values, three alerts, of which two hold one
 * each. Nothing of the configuration is used, and nothing of it is touched.
 */
export async function lookAtSelfTest(context: DoctorContext, signal: AbortSignal): Promise<Results> {
  let folder: string
  try {
    folder = await mkdtemp(join(tmpdir(), 'tripline-doctor-'))
  } catch (error) {
    const seen = `no folder can be made in ${tmpdir()} (${systemErrorCode(error) ?? errorText(error)})`
    return [fail(seen, 'Free space there, or name another folder: TMPDIR=/var/tmp tripline doctor')]
  }
  try {
    const began = context.clock.monotonic()
    const matches = await pipelineOver(folder, context, signal)
    return judge(matches, planted(folder), context.clock.monotonic() - began)
  } finally {
    await rm(folder, { recursive: true, force: true })
  }
}

/** The name can only be ours: made at random, below one that is nobody’s (RFC 2606). */
function planted(folder: string): readonly string[] {
  const own = folder.slice(-6).toLowerCase()
  return [EICAR, `doctor-${own}.example.net`]
}

/** The values of the matches that the match log has in the end. */
async function pipelineOver(
  folder: string,
  { clock, version, stdout }: DoctorContext,
  signal: AbortSignal,
): Promise<readonly string[]> {
  const file = (name: string): string => join(folder, name)
  await mkdir(file('state'))
  await writeFile(file('feed.txt'), `${planted(folder).join('\n')}\n`)
  await writeFile(file('alerts.json'), alertsOf(planted(folder), clock.now()))
  const config = settingsSchema.parse({
    stateDir: file('state'),
    http: { enabled: false },
    shutdownDeadline: '3s',
    store: { type: 'memory' },
    sources: {
      test: { type: 'wazuh-file', files: [file('alerts.json')], startAt: 'beginning', pollInterval: '50ms' },
    },
    providers: { test: { type: 'feed', feeds: [{ path: file('feed.txt') }] } },
    sinks: {
      matches: { type: 'match-log', path: file('ioc-matched.log') },
      parsed: { type: 'parsed-log', path: file('ioc-parsed.log') },
    },
  })
  const stop = new AbortController()
  const until = AbortSignal.any([signal, stop.signal])
  const daemon = runDaemon({ config, telemetry: silentTelemetry(clock), stdout, version }, until)
  const isOver = daemon.then(
    () => true,
    () => true,
  )
  const began = clock.monotonic()
  // The last alert holds nothing known: when it has been worked on, so have the others.
  while (
    !until.aborted &&
    clock.monotonic() - began < WAIT_MS &&
    (await linesOf(file('ioc-parsed.log'))).length < ALERTS
  )
    if (await Promise.race([isOver, clock.sleep(POLL_MS, until).then(() => false)])) break
  stop.abort()
  await daemon
  signal.throwIfAborted()
  return (await linesOf(file('ioc-matched.log'))).map(valueOf)
}

const ALERTS = 3

async function linesOf(path: string): Promise<readonly string[]> {
  const text = await readFile(path, 'utf8').catch(() => '')
  return text.split('\n').slice(0, -1)
}

function valueOf(line: string): string {
  const record = parseJson(line)
  const observable = isRecord(record) ? record['observable'] : undefined
  return isRecord(observable) ? String(observable['value']) : ''
}

/** As analysisd writes them (4.14): a file that syscheck found, a name that was asked for, and one that nobody knows. */
function alertsOf([digest = '', name = '']: readonly string[], now: number): string {
  const clean = `${randomUUID()}.example.net`
  const bodies = [
    { syscheck: { path: '/tmp/eicar.com', sha256_after: digest, event: 'added' }, location: 'syscheck' },
    { data: { dns: { query: name } }, location: '/var/log/dns.log' },
    { data: { dns: { query: clean } }, location: '/var/log/dns.log' },
  ]
  const second = Math.floor(now / 1000)
  const lines = bodies.map((body, at) =>
    JSON.stringify({
      timestamp: new Date(now).toISOString().replace('Z', '+0000'),
      rule: { level: 3, description: 'Self test of Tripline', id: '100000', groups: ['local'] },
      agent: { id: '000', name: 'self-test' },
      manager: { name: 'self-test' },
      id: `${second}.${at}`,
      decoder: { name: 'json' },
      ...body,
    }),
  )
  return `${lines.join('\n')}\n`
}

const ADVICE =
  'Install Tripline anew (docs/install.md, step 2); if that does not help, please report it with this output.'

export function judge(matches: readonly string[], values: readonly string[], ms: number): Results {
  const counts = values.map((value) => matches.filter((match) => match === value).length)
  const others = matches.filter((match) => !values.includes(match)).length
  if (counts.every((count) => count === 1) && others === 0)
    return [
      ok(
        `the EICAR test file and a planted name matched once each, a third alert did not, in ${Math.round(ms)} ms`,
      ),
    ]
  return [fail(`of two planted values ${counts.join(' and ')} matches came, of others ${others}`, ADVICE)]
}
