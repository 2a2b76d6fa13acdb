import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { systemClock } from '../../src/core/clock.ts'
import type { IntelProvider, Sighting, Store } from '../../src/core/ports.ts'
import { openCtiConfig } from '../../src/intel/opencti/config.ts'
import { createOpenCtiProvider } from '../../src/intel/opencti/opencti.ts'
import { createMemoryStore } from '../../src/store/memory/memory.ts'
import { openStore } from '../../src/store/registry.ts'
import { storeEvents } from '../../src/telemetry/events/store.ts'
import {
  startFakeOpenCti,
  type FakeOpenCti,
  type FakeOpenCtiOptions,
} from '../support/fake-opencti/fake-opencti.ts'
import type { UserName } from '../support/fake-opencti/users.ts'
import { recordedTelemetry } from '../support/telemetry.ts'

const TOLD = 'Sightings cannot be sent: they wait, and it is tried again from time to time'
const now = Date.now()

const moduleUrl = (path: string): string => JSON.stringify(new URL(`../../${path}`, import.meta.url).href)

let ending: (() => Promise<void>)[] = []
afterEach(async () => {
  for (const end of ending.toReversed()) await end()
  ending = []
})

async function start(options: FakeOpenCtiOptions = {}): Promise<FakeOpenCti> {
  const opencti = await startFakeOpenCti(options)
  ending.push(() => opencti.close())
  return opencti
}

const memoryStore = (): Store => createMemoryStore({ clock: systemClock, maxEntries: 1000 })

interface Given {
  readonly user?: UserName
  readonly store?: Store
  readonly settings?: Readonly<Record<string, unknown>>
}

function settingsOf(opencti: FakeOpenCti, { user = 'connector', settings = {} }: Given = {}) {
  return {
    type: 'opencti',
    url: opencti.url,
    token: opencti.tokens[user],
    rateLimit: '0s',
    timeout: '1s',
    sightings: { enabled: true, window: '50ms', ...settings },
  }
}

function open(opencti: FakeOpenCti, given: Given = {}) {
  const telemetry = recordedTelemetry()
  const provider: IntelProvider = createOpenCtiProvider({
    id: 'opencti',
    config: openCtiConfig.parse(settingsOf(opencti, given)),
    telemetry,
    store: given.store ?? memoryStore(),
    stateDir: '',
    once: true,
  })
  let closed: Promise<void> | undefined
  const close = (): Promise<void> => (closed ??= provider.close())
  ending.push(close)
  const outcomes = async (): Promise<Record<string, number>> => {
    const metric = await telemetry.metrics.registry.getSingleMetric('tripline_sightings_total')?.get()
    return Object.fromEntries(
      (metric?.values ?? []).map(({ labels, value }) => [String(labels['outcome']), value]),
    )
  }
  const report = async (sightings: readonly Sighting[]): Promise<void> => provider.report?.(sightings)
  return { report, close, telemetry, outcomes }
}

let alerts = 0
function seen(ref: string, change: Partial<Sighting> = {}): Sighting {
  alerts += 1
  return {
    ref,
    value: '198.51.100.7',
    agent: { id: '001', name: 'web-1' },
    manager: 'wazuh',
    seenAt: now,
    alert: alerts.toString(16),
    times: 1,
    ...change,
  }
}

const indicator = (opencti: FakeOpenCti, value: string) =>
  opencti.addIndicator({ pattern: `[ipv4-addr:value = '${value}']` }).standard_id

const held = ({ sightings }: FakeOpenCti) =>
  sightings.map(({ attribute_count: count, first_seen: first, last_seen: last }) => ({
    count,
    first: Date.parse(first),
    last: Date.parse(last),
  }))
const counts = (opencti: FakeOpenCti): readonly number[] => held(opencti).map(({ count }) => count)
const sent = (opencti: FakeOpenCti, operation: string): number =>
  opencti.requests.filter(({ operationName }) => operationName === operation).length
const placesOf = (opencti: FakeOpenCti) =>
  opencti.sightings.map(({ toId, attribute_count: count }) => {
    const place = opencti.instance.database.find(toId)
    return { type: place?.entity_type, name: place?.['name'], count }
  })

it('nothing is told unless the settings ask for it', async () => {
  const opencti = await start()
  const { report } = open(opencti, { settings: { enabled: false } })
  await report([seen(indicator(opencti, '198.51.100.7'))])
  expect(opencti.requests).toEqual([])
})

describe.each(['5.12.33', '6.0.10', '6.7.11', '7.260817.0'])('an OpenCTI %s', (version) => {
  const isNew = version.startsWith('7') || version === '6.7.11'

  it('holds one sighting of an indicator, which grows', async () => {
    const opencti = await start({ version })
    const ref = indicator(opencti, '198.51.100.7')
    const { report, outcomes } = open(opencti)
    await report([seen(ref), seen(ref, { seenAt: now - 5000, times: 3 })])
    await expect.poll(() => held(opencti)).toEqual([{ count: 4, first: now - 5000, last: now }])
    await report([seen(ref, { seenAt: now + 7000 })])
    await expect.poll(() => held(opencti)).toEqual([{ count: 5, first: now - 5000, last: now + 7000 }])
    await report([seen(ref, { seenAt: now - 9000 })])
    await expect.poll(() => held(opencti)).toEqual([{ count: 6, first: now - 9000, last: now + 7000 }])
    expect([sent(opencti, 'AddSighting'), sent(opencti, 'PatchSighting')]).toEqual([1, 2])
    expect(placesOf(opencti)).toEqual([
      { type: isNew ? 'SecurityPlatform' : 'System', name: 'Tripline', count: 6 },
    ])
    await expect.poll(outcomes).toEqual({ sent: 3, spared: 1 })
  })
})

describe('an OpenCTI', () => {
  it('has with perAgent a system for each agent', async () => {
    const opencti = await start()
    const ref = indicator(opencti, '198.51.100.7')
    const { report } = open(opencti, { settings: { perAgent: true } })
    await report([
      seen(ref),
      seen(ref, { agent: { id: '002', name: 'web-2' } }),
      seen(ref, { agent: { id: '000', name: 'wazuh' } }),
      seen(ref),
    ])
    await expect
      .poll(() => placesOf(opencti))
      .toEqual(
        expect.arrayContaining([
          { type: 'System', name: 'web-1', count: 2 },
          { type: 'System', name: 'web-2', count: 1 },
          { type: 'SecurityPlatform', name: 'Tripline', count: 1 },
        ]),
      )
    expect(opencti.sightings).toHaveLength(3)
  })

  it.each(['lost-reply', 'reset', 'truncated', 'html-502', 'hang'] as const)(
    'that fails in the middle (%s) counts nothing twice, and nothing is lost',
    async (fault) => {
      const opencti = await start()
      const refs = [indicator(opencti, '198.51.100.7'), indicator(opencti, '198.51.100.8')]
      opencti.setFault(fault, { times: 1, query: /stixSightingRelationshipAdd/ })
      opencti.addFault(fault, { times: 1, query: /fieldPatch/ })
      const { report } = open(opencti)
      await report(refs.map((ref) => seen(ref)))
      await expect.poll(() => counts(opencti), { timeout: 10_000 }).toEqual([1, 1])
      await report(refs.map((ref) => seen(ref, { seenAt: now + 1000 })))
      await expect.poll(() => counts(opencti), { timeout: 10_000 }).toEqual([2, 2])
    },
    25_000,
  )

  it.each(['LOCK_ERROR', 'DATABASE_ERROR'] as const)('that says %s is asked again', async (code) => {
    const opencti = await start()
    const field = 'stixSightingRelationshipAdd'
    opencti.setFault('graphql-error', { times: 2, query: /stixSightingRelationshipAdd/, code, field })
    const { report, telemetry } = open(opencti)
    await report([seen(indicator(opencti, '198.51.100.7'))])
    await expect.poll(() => counts(opencti)).toEqual([1])
    expect(telemetry.lines.map(({ code: told }) => told)).toContain('PROVIDER_OVERLOADED')
  })

  it('where an analyst has deleted the sighting gets a new one of what came later', async () => {
    const opencti = await start()
    const ref = indicator(opencti, '198.51.100.7')
    const { report } = open(opencti)
    await report([seen(ref), seen(ref)])
    await expect.poll(() => counts(opencti)).toEqual([2])
    opencti.deleteObject(opencti.sightings[0]?.id ?? '')
    await report([seen(ref)])
    await expect.poll(() => counts(opencti)).toEqual([1])
  })

  it('where the indicator is gone is not asked again', async () => {
    const opencti = await start()
    const [gone, kept] = [indicator(opencti, '198.51.100.7'), indicator(opencti, '198.51.100.8')]
    opencti.deleteIndicator(gone)
    const { report, outcomes } = open(opencti)
    await report([seen(gone), seen(kept)])
    await expect.poll(outcomes).toEqual({ sent: 1, refused: 1 })
    const asked = sent(opencti, 'AddSighting')
    await report([seen(kept)])
    await expect.poll(outcomes).toEqual({ sent: 2, refused: 1 })
    expect(sent(opencti, 'AddSighting')).toBe(asked)
  })

  it.each<[UserName, string]>([
    [
      'unlevelled',
      'The user of the token has no maximum confidence level, so OpenCTI lets it create nothing',
    ],
    ['reader', 'OpenCTI does not allow this to the user of the token'],
  ])('is with the token of «%s» told nothing, and it is explained once', async (user, text) => {
    const opencti = await start()
    const { report, telemetry, outcomes } = open(opencti, { user })
    await report([seen(indicator(opencti, '198.51.100.7')), seen(indicator(opencti, '198.51.100.8'))])
    const told = () => telemetry.lines.filter(({ msg }) => msg === TOLD)
    await expect
      .poll(told)
      .toMatchObject([{ code: 'PROVIDER_REFUSED', error: expect.stringContaining(text) as string }])
    expect(opencti.sightings).toEqual([])
    expect(await outcomes()).toEqual({})
    expect(await telemetry.metrics.total('sightings_queued')).toBe(2)
    expect(JSON.stringify(telemetry.lines)).not.toContain(opencti.tokens[user])
  })
})

describe('with the state on the disk', () => {
  let stateDir = ''
  beforeEach(async () => {
    stateDir = await mkdtemp(join(tmpdir(), 'tripline-sightings-'))
  })
  afterEach(async () => {
    await rm(stateDir, { recursive: true })
  })

  /** A process that reports, and is killed while its requests hang, or before it sends any. */
  async function reportAndBeKilled(opencti: FakeOpenCti, sightings: readonly Sighting[]): Promise<void> {
    const script = `
      import { openStore } from ${moduleUrl('src/store/registry.ts')}
      import { openCtiConfig } from ${moduleUrl('src/intel/opencti/config.ts')}
      import { createOpenCtiProvider } from ${moduleUrl('src/intel/opencti/opencti.ts')}
      import { recordedTelemetry } from ${moduleUrl('test/support/telemetry.ts')}
      import { systemClock as clock } from ${moduleUrl('src/core/clock.ts')}
      const store = await openStore({ type: 'lmdb' }, { stateDir: ${JSON.stringify(stateDir)}, clock, events: {} })
      const config = openCtiConfig.parse(${JSON.stringify({ ...settingsOf(opencti), timeout: '1m' })})
      const provider = createOpenCtiProvider({ id: 'opencti', config, store, stateDir: '', once: true, telemetry: recordedTelemetry() })
      await provider.report(${JSON.stringify(sightings)})
      console.log('reported')
      setInterval(() => {}, 1000)`
    const child = spawn(process.execPath, ['--import', 'tsx', '--input-type=module', '-e', script], {
      stdio: ['ignore', 'pipe', 'inherit'],
    })
    const exited = once(child, 'exit')
    await Promise.race([once(child.stdout, 'data'), exited.then(() => Promise.reject(new Error('it ended')))])
    await expect.poll(() => sent(opencti, 'AddSighting')).toBeGreaterThan(0)
    child.kill('SIGKILL')
    await exited
  }

  async function run(opencti: FakeOpenCti, sightings: readonly Sighting[]): Promise<void> {
    const telemetry = recordedTelemetry()
    const events = storeEvents(telemetry)
    const store = await openStore({ type: 'lmdb' }, { stateDir, clock: systemClock, events })
    const { report, close } = open(opencti, { store })
    await report(sightings)
    await close()
    await store.close()
  }

  it.each(['hang', 'lost-reply'] as const)(
    'what was reported outlives kill -9 while the server does not answer (%s), and counts once',
    async (fault) => {
      const opencti = await start()
      const ref = indicator(opencti, '198.51.100.7')
      const reported = [seen(ref), seen(ref)]
      opencti.setFault(fault, { query: /stixSightingRelationshipAdd/ })
      await reportAndBeKilled(opencti, reported)
      opencti.setFault(undefined)
      // The same alerts are read again, as the batch was not acknowledged.
      await run(opencti, [...reported, seen(ref)])
      await run(opencti, [seen(ref)])
      expect(counts(opencti)).toEqual([4])
    },
    30_000,
  )
})
