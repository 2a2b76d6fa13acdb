import { chmodSync, readFileSync } from 'node:fs'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { stringify } from 'yaml'
import type { JsonObject } from '../../src/core/json.ts'
import { CLI, type Cli } from '../support/cli.ts'
import { OTHER_PREFIX, RIGHT, rowOf, type Right } from '../support/custom-opencti-expected.ts'
import { putAnswer } from '../support/custom-opencti-objects.ts'
import { recordedRuns, recordedRunsPresent, type RecordedRun } from '../support/custom-opencti-recorded.ts'
import { dropInConfig, markerAlert, messageOf, putMarker, type QueueMessage } from '../support/drop-in.ts'
import { startFakeOpenCti, type FakeOpenCti } from '../support/fake-opencti/fake-opencti.ts'
import { KEY, USUAL_ARGUMENTS, useWazuhHome } from '../support/integration-stub.ts'
import { leavesOf, missingLeaves } from '../support/leaves.ts'
import { bindReceiver, closeReceivers, type Receiver } from '../support/receiver.ts'
import { useWorkspace } from './workspace.ts'

/**
 * The recorded runs of custom-opencti, end to end: script, spool, daemon, OpenCTI, Wazuh's queue. The configuration is the
 * example of the drop-in.
 */

// In this order: the daemon of the one ends before the spool in the other is removed.
const wazuh = useWazuhHome()
const workspace = useWorkspace()
let opencti: FakeOpenCti
let queue: Receiver

beforeEach(async () => {
  opencti = await startFakeOpenCti()
  putMarker(opencti)
  queue = bindReceiver(workspace.path('queue'))
})
afterEach(async () => {
  closeReceivers()
  await opencti.close()
})

function configure(changes: JsonObject = {}): string {
  const places = {
    stateDir: workspace.path('state'),
    spool: wazuh.spool,
    tokenFile: workspace.file('token', opencti.token),
    matches: workspace.path('ioc-matched.log'),
    socket: workspace.path('queue'),
    url: opencti.url,
  }
  return workspace.file('tripline.yaml', stringify(dropInConfig(places, changes)))
}

async function running(changes: JsonObject = {}): Promise<Cli> {
  configure(changes)
  const daemon = workspace.start()
  await daemon.logged('Tripline is running')
  await daemon.logged('Reading a spool')
  return daemon
}

/** As wazuh-integratord calls a script, with what stood in place of its arguments in the recording. */
async function handOver(run: RecordedRun, env: Environment = {}): Promise<void> {
  const text = run.alert_raw ?? `${JSON.stringify(run.alert)}\n`
  const usual = [wazuh.alert(text), 'TOKEN-0000', run.url_override ?? 'http://OPENCTI/graphql']
  const args = [...(run.argv_override ?? usual), ...(run.argv_override === null ? REST : [])]
  expect(await wazuh.stub(args, { env })).toEqual({ code: 0, stdout: '', stderr: '' })
}

type Environment = Readonly<Record<string, string>>
const REST = USUAL_ARGUMENTS.slice(2)

/** Events about OpenCTI in the queue beyond the first `before` datagrams, up to that of a marker that is handed over now. */
async function eventsUntilMarker(
  name: string,
  before: number,
  env: Environment = {},
): Promise<readonly QueueMessage[]> {
  const id = `marker-${name}`
  await wazuh.stub([wazuh.alert(markerAlert(id), 'marker.alert'), 'TOKEN-0000', '', ...REST], { env })
  for (let count = before + 1; ; count += 1) {
    const messages = messagesSince(before, await queue.received(count))
    const at = messages.findIndex(({ event }) => JSON.stringify(event).includes(`"alert_id":"${id}"`))
    if (at >= 0) return messages.slice(0, at)
  }
}

function messagesSince(before: number, datagrams: readonly string[]): readonly QueueMessage[] {
  return datagrams
    .slice(before)
    .map((datagram) => messageOf(datagram.replaceAll(opencti.url, 'http://OPENCTI')))
    .filter(({ event }) => event['integration'] === 'opencti')
}

/** What is wrong with our events, in the words `run: what`. */
function faultsOf(run: RecordedRun, ours: readonly QueueMessage[]): readonly string[] {
  const right = RIGHT[run.name]
  const faults = right === undefined ? differencesOf(run, ours) : wrongOf(right, ours, run)
  return faults.map((fault) => `${run.name}: ${fault}`)
}

/** The script ended well: at least its keys and values, and no event more. */
function differencesOf({ name, observed }: RecordedRun, ours: readonly QueueMessage[]): readonly string[] {
  const theirs = observed.queue_messages
  return [
    ...(observed.exit_code === 0 ? [] : ['nobody has said what is right']),
    ...(ours.length === theirs.length ? [] : [`${ours.length} events`]),
    ...theirs.flatMap(({ prefix, event }, at) => [
      ...(ours[at]?.prefix === (OTHER_PREFIX[name]?.prefix ?? prefix) ? [] : ['prefix']),
      ...missingLeaves(event, ours[at]?.event),
    ]),
  ]
}

/** The script did not: what has been found right. An error that it told is how ours begins. */
function wrongOf(
  { events }: Right,
  ours: readonly QueueMessage[],
  { observed }: RecordedRun,
): readonly string[] {
  const said = observed.queue_messages.map(({ event }) => leafOf(event, 'opencti.error'))
  return [
    ...said.filter((text, at) => !leafOf(ours[at]?.event, 'opencti.error').startsWith(`${text}: `)),
    ...(ours.length === events.length ? [] : [`${ours.length} events`]),
    ...events.flatMap(({ type, has = {}, lacks = [], error = '' }, at) => {
      const leaves = new Map(leavesOf(ours[at]?.event['opencti'] ?? {}))
      return [
        ...(leaves.get('event_type') === type ? [] : ['event_type']),
        ...Object.entries(has).flatMap(([path, leaf]) => (leaves.get(path) === leaf ? [] : [path])),
        ...lacks.flatMap((path) => (leaves.has(path) ? [`has ${path}`] : [])),
        ...(leafOf(ours[at]?.event, 'opencti.error').startsWith(error) ? [] : ['error']),
      ]
    }),
  ]
}

/** By name in docs/custom-opencti.md: `ipv6`, an address as OpenCTI has it; `empty-file`, a run that gives nothing. */
const DIFFERENCE_IPV6 = '2001:4860:4860::8888'
const DIFFERENCE_EMPTY_FILE = 'syscheck_emptyfile'

/** Names below `example` are nobody's, and not looked up: difference `special-names`. */
function withRealName(run: RecordedRun): RecordedRun {
  return JSON.parse(JSON.stringify(run).replaceAll(/vil\.example/gi, 'vil.Example.net')) as RecordedRun
}

/** A text by its path; empty when there is none. */
function leafOf(event: JsonObject | undefined, wanted: string): string {
  const [, leaf] = leavesOf(event).find(([path]) => path === wanted) ?? []
  return typeof leaf === 'string' ? leaf : ''
}

/** Runs after which the server, or what was told of it, is not as before. */
function isAlone({ name }: RecordedRun): boolean {
  return RIGHT[name]?.events.some(({ type }) => type === 'error') === true
}

it('tells what is revoked, expired or not for detection, as the script does, and marks the first two', async () => {
  opencti.addIndicator({ id: 'revoked', pattern: `[ipv4-addr:value = '11.1.1.1']`, revoked: true })
  opencti.addIndicator({
    id: 'expired',
    pattern: `[ipv4-addr:value = '11.1.1.2']`,
    valid_from: '2020-01-01T00:00:00.000Z',
    valid_until: '2020-02-01T00:00:00.000Z',
  })
  opencti.addIndicator({ id: 'quiet', pattern: `[ipv4-addr:value = '11.1.1.3']`, x_opencti_detection: false })
  await running()
  const data = { a: '11.1.1.1', b: '11.1.1.2', c: '11.1.1.3' }
  const alert = { id: '1.1', rule: { id: '1', groups: ['web'] }, agent: { id: '001', name: 'a' }, data }
  await wazuh.stub([wazuh.alert(JSON.stringify(alert)), KEY, ...USUAL_ARGUMENTS.slice(1)])
  const events = await eventsUntilMarker('marks', 0)
  expect(
    events.map(({ event }) => {
      const leaves = new Map(leavesOf(event))
      return ['opencti.event_type', 'opencti.indicator.id', 'tripline.held_by'].map((path) =>
        leaves.get(path),
      )
    }),
  ).toEqual([
    ['indicator_pattern_match', 'quiet', undefined],
    ['indicator_pattern_match', 'expired', 'expired'],
    ['indicator_pattern_match', 'revoked', 'revoked'],
  ])
})

it('has runs of the script in use beside the checkout', (context) => {
  context.skip(!recordedRunsPresent, 'the folder shared/data/custom-opencti is absent: nothing is run')
  expect(recordedRunsPresent).toBe(true)
})

describe.skipIf(!recordedRunsPresent)('the recorded runs of custom-opencti, end to end', () => {
  const runs = recordedRunsPresent ? recordedRuns() : []

  it('of a server that answers give the same events, or the right ones', async () => {
    const some = runs.filter((run) => !isAlone(run))
    expect(some).toHaveLength(37)
    await running()
    const faults: string[] = []
    for (const run of some) {
      const remove = putAnswer(opencti, run)
      const before = queue.datagrams.length
      await handOver(run)
      faults.push(...faultsOf(run, await eventsUntilMarker(run.name, before)))
      remove()
    }
    expect(faults).toEqual([])
  })

  it('give an event with what the script asked for when OpenCTI knows the first of it', async () => {
    const asked = runs.filter((run) => run.observed.requests.length > 0 && !isAlone(run)).map(withRealName)
    expect(asked.length).toBeGreaterThan(15)
    await running()
    const told: Record<string, unknown> = {}
    const theirs: Record<string, unknown> = {}
    for (const { name, ...run } of asked) {
      const [request] = run.observed.requests
      const patterns = request?.variables.ind.filters[1].values ?? []
      const { id } = opencti.addIndicator({ pattern: patterns[0] ?? '' })
      const before = queue.datagrams.length
      await handOver({ name, ...run })
      told[name] = (await eventsUntilMarker(name, before)).map(({ event }) => {
        const { event_type, query_key, query_values } = event['opencti'] as JsonObject
        return { event_type, query_key, query_values }
      })
      const event = {
        event_type: 'indicator_pattern_match',
        query_key: request?.variables.obs.filters[0].key,
        query_values: patterns.join(';').replace('2001:4860:4860:0000:0000:0000:0000:8888', DIFFERENCE_IPV6),
      }
      theirs[name] = name === DIFFERENCE_EMPTY_FILE ? [] : [event]
      opencti.deleteObject(id)
    }
    expect(told).toEqual(theirs)
  })

  it.each(runs.filter(isAlone))('$name gives an error event, and nothing else', async (run) => {
    const right = RIGHT[run.name]
    // The first failure opens the breaker, and it is tried again soon.
    const daemon = await running({ retries: 0, breakerThreshold: 1, breakerTimeout: '100ms' })
    await daemon.logged('The server was looked at')
    if (right?.trouble === 'gone') await opencti.stop()
    else opencti.setFault(right?.trouble, right?.options)
    await handOver(run)
    await queue.received(1)
    if (right?.trouble !== undefined) {
      await daemon.logged('The provider did not answer in time; alerts are kept and asked for again')
      if (right.trouble === 'gone') await opencti.start()
      else opencti.setFault(undefined)
      await daemon.logged('The provider answers again; all alerts that waited are answered')
    }
    const events = await eventsUntilMarker(run.name, 0)
    expect(faultsOf(run, events)).toEqual([])
  })

  it.each([
    'agent000',
    'ip_obs_with_ind',
    'sysmon3_public',
    'file_obs_with_direct_plus_other',
    'conn_refused',
    'badjson',
  ])('%s gives the same without a daemon', async (name) => {
    const run = runs.find((one) => one.name === name)
    if (run === undefined) throw new Error(`${name} is no recorded run`)
    putAnswer(opencti, run)
    if (RIGHT[name]?.trouble === 'gone') await opencti.stop()
    const bin = workspace.file('tripline', `#!/bin/sh\nexec '${process.execPath}' '${CLI}' "$@"\n`)
    chmodSync(bin, 0o755)
    const env = { TRIPLINE_BIN: bin, TRIPLINE_CONFIG: configure() }
    await handOver(run, env)
    if (RIGHT[name]?.trouble === 'gone') await opencti.start()
    expect(faultsOf(run, await eventsUntilMarker(name, 0, env))).toEqual([])
  })

  it('are in the table of the page, and nothing else is', () => {
    const page = readFileSync('docs/custom-opencti.md', 'utf8')
    const section = page.split('\n## The recorded runs\n')[1]?.split('\n## ')[0] ?? ''
    const rows = section
      .split('\n')
      .filter((line) => line.startsWith('| `'))
      .map((line) => line.split('|').slice(1, -1))
      .map((cells) => cells.map((cell) => cell.replaceAll('`', '').trim()))
    expect(rows).toEqual(runs.map(rowOf))
  })
})
