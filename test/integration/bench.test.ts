import { readFileSync } from 'node:fs'
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { PassThrough, Readable } from 'node:stream'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { stringify } from 'yaml'
import type { SuiteName } from '../../src/app/bench/names.ts'
import { benchReportSchema, type BenchReport, type ResultOf } from '../../src/app/bench/schema.ts'
import { runProgram } from '../../src/commands/program.ts'
import { canonicalIp } from '../../src/canonical/ip.ts'
import { startFakeMisp, type FakeMisp } from '../support/fake-misp/fake-misp.ts'
import { startFakeOpenCti, type FakeOpenCti } from '../support/fake-opencti/fake-opencti.ts'

/** `tripline bench` against providers of one's own, in this process. */

const pem = (name: string): string =>
  readFileSync(join(import.meta.dirname, '../fixtures/tls', `${name}.pem`), 'utf8')
const SELF_SIGNED = { key: pem('self-signed-key'), cert: pem('self-signed') }

let folder: string
let misp: FakeMisp
let opencti: FakeOpenCti
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'tripline-bench-'))
  misp = await startFakeMisp({
    events: [{ info: 'Test', attributes: [{ type: 'domain', value: 'evil.example.net' }] }],
  })
  opencti = await startFakeOpenCti()
})
afterEach(async () => {
  await Promise.all([misp.close(), opencti.close()])
  await rm(folder, { recursive: true })
})

interface Told {
  readonly exitCode: number
  readonly out: string
  readonly err: string
}

async function bench(args: readonly string[], env: Record<string, string> = {}): Promise<Told> {
  const stdout = new PassThrough()
  const stderr = new PassThrough()
  const signal = new AbortController().signal
  const io = { env, stdin: Readable.from([]), stdout, stderr, version: '0', signal }
  const { exitCode } = await runProgram(['bench', ...args], io)
  return { exitCode, out: textIn(stdout), err: textIn(stderr) }
}

function textIn(stream: PassThrough): string {
  const bytes: unknown = stream.read()
  return Buffer.isBuffer(bytes) ? bytes.toString() : ''
}

async function configured(providers: Readonly<Record<string, object>>, more: object = {}): Promise<string> {
  const file = join(folder, 'tripline.yaml')
  await writeFile(
    file,
    stringify({ stateDir: join(folder, 'state'), online: { patience: '10s' }, ...more, providers }),
  )
  return file
}

const mispSettings = (more: object = {}): object => ({
  type: 'misp',
  url: misp.url,
  apiKey: misp.keys.user,
  retries: 0,
  rateLimit: '0ms',
  ...more,
})

const openCtiSettings = (more: object = {}): object => ({
  type: 'opencti',
  url: opencti.url,
  token: opencti.token,
  retries: 0,
  rateLimit: '0ms',
  ...more,
})

async function reported(args: readonly string[]): Promise<Told & { readonly report: BenchReport }> {
  const told = await bench([...args, '--json'])
  return { ...told, report: benchReportSchema.parse(JSON.parse(told.out)) }
}

function resultOf<Name extends SuiteName>(report: BenchReport, name: Name): ResultOf<Name> {
  const found = report.suites.find(({ suite }) => suite === name)
  if (found === undefined) throw new Error(`${name} was not run`)
  return found as ResultOf<Name>
}

/** `<provider> <check> [of]` of all checks with a status. */
function checks(report: BenchReport, status: string): readonly string[] {
  return resultOf(report, 'compatibility').providers.flatMap((provider) =>
    provider.checks
      .filter((check) => check.status === status)
      .map(({ check, of = '' }) => `${provider.provider} ${check} ${of}`.trim()),
  )
}

const SMALL = ['--alerts', '3', '--seconds', '1', '--concurrency', '1,2'] as const

/** Requests, look-ups, alerts and percentiles of the suites, run with `SMALL`. */
function expectToAddUp(report: BenchReport): void {
  const performance = resultOf(report, 'performance')
  expect(performance).toMatchObject({ alerts: 3, alerts_unanswered: 0, warm_up_alerts: 1 })
  const {
    values,
    from_cache: cached,
    from_provider: asked,
    unanswered,
    cache_share: share,
  } = performance.look_ups
  expect(values).toBe(cached + asked + unanswered)
  expect(share).toBeCloseTo(cached / values, 2)
  expect(performance.requests).toEqual({
    total: performance.requests.total,
    failed: 0,
    by_outcome: { ok: performance.requests.total },
  })
  const { p50, p95, p99, max } = performance.ms_per_alert
  expect([p50, p95, p99, max]).toEqual([p50, p95, p99, max].toSorted((a, b) => a - b))
  expect(performance.ms_without_providers.mean).toBeLessThan(performance.ms_per_alert.mean)
  expect(
    resultOf(report, 'scalability').levels.map(({ concurrency, alerts }) => [concurrency, alerts]),
  ).toEqual([
    [1, 3],
    [2, 3],
  ])
  // 5 a second for one second.
  expect(resultOf(report, 'reliability')).toMatchObject({ alerts: 5, alerts_per_second_wanted: 5 })
  const resources = resultOf(report, 'resources')
  expect(resources).toMatchObject({ alerts: 120, verdict: 'undecided', garbage_collection: 'forced' })
  expect(resources.heap_samples.at(-1)?.alerts).toBe(120)
  for (const { before, peak, after } of [resources.rss_bytes, resources.heap_bytes]) {
    expect(peak).toBeGreaterThanOrEqual(Math.max(before, after))
    expect(after).toBeGreaterThan(0)
  }
}

describe('against a MISP and an OpenCTI of one’s own', () => {
  it('runs all suites with the requests it said it would make at most, passes, and its figures add up', async () => {
    const config = await configured({
      misp: mispSettings({ mode: 'hybrid' }),
      opencti: openCtiSettings({ mode: 'mirror' }),
    })
    const { exitCode, err, report } = await reported([...SMALL, '--config', config])
    expect({ exitCode, passed: report.passed, failed: checks(report, 'failed') }).toEqual({
      exitCode: 0,
      passed: true,
      failed: [],
    })
    expect(report.suites.map(({ suite, ended }) => [suite, ended])).toEqual(
      ['compatibility', 'performance', 'scalability', 'reliability', 'resources'].map((suite) => [
        suite,
        'done',
      ]),
    )
    expectToAddUp(report)
    // What the modes need beside look-ups is asked for, too.
    expect(checks(report, 'passed')).toEqual(
      expect.arrayContaining([
        'misp answer events',
        'misp answer warning-lists',
        'opencti answer indicators',
      ]),
    )
    const [ofMisp, ofOpenCti] = report.providers
    expect(ofMisp).toMatchObject({ origin: misp.url, requests: misp.requests.length })
    expect(ofOpenCti).toMatchObject({ origin: opencti.url, requests: opencti.requests.length })
    for (const { most_requests: most, requests } of report.providers) expect(requests).toBeLessThan(most ?? 0)
    expect(err).toContain(`asks misp at ${misp.url}, ${ofMisp?.most_requests ?? 0} requests at most`)
    expect(err).toContain(`opencti at ${opencti.url}, ${ofOpenCti?.most_requests ?? 0} requests at most`)
    expect(err).toContain('no sightings are sent')
  })

  it('asks for nothing that could mean anybody, and tells no sighting, whatever the settings say', async () => {
    const config = await configured(
      {
        misp: mispSettings({ sightings: { enabled: true } }),
        opencti: openCtiSettings({ sightings: { enabled: true } }),
      },
      { policy: { lookUpSpecial: ['private', 'loopback'] } },
    )
    await bench(['compatibility', 'performance', '--alerts', '9', '--config', config])
    expect(misp.requests.filter(({ path }) => /sighting/i.test(path))).toEqual([])
    expect(
      opencti.requests.filter(({ operationName }) => !/^(?:About|Lookup|Details)$/.test(operationName ?? '')),
    ).toEqual([])
    const sent = [
      ...misp.requests.map(({ body }) => body),
      ...opencti.requests.map(({ variables }) => JSON.stringify(variables ?? {})),
    ].join('\n')
    const named = sent.match(/(?<=")[^"\\]+(?=")/g) ?? []
    const addresses = named.flatMap((text) => canonicalIp(text) ?? [])
    expect(addresses.length).toBeGreaterThan(9)
    expect(addresses.filter(({ special }) => special !== 'documentation')).toEqual([])
    const names = named.filter(
      (text) => /^[\w-]+(?:\.[\w-]+)+$/.test(text) && canonicalIp(text) === undefined,
    )
    expect(names.length).toBeGreaterThan(9)
    expect(names.filter((name) => !/(?:^|\.)example\.(?:com|net|org)$|^hashes\./.test(name))).toEqual([])
  })

  it('writes the JSON into a file beside the text', async () => {
    const config = await configured({ misp: mispSettings() })
    const file = join(folder, 'report.json')
    const { exitCode, out } = await bench(['compatibility', '--config', config, '--json', file])
    expect(exitCode).toBe(0)
    const report = benchReportSchema.parse(JSON.parse(await readFile(file, 'utf8')))
    expect(report.settings.suites).toEqual(['compatibility'])
    expect(out).toContain('compatibility: passed')
    expect(out).toContain('all suites passed')
  })

  it('asks no more when as many requests were made as may be', async () => {
    // Each value has sixty rows, and a page has one: far more requests than are planned.
    const value = ['example.com', 'example.net', 'example.org']
    for (let event = 0; event < 60; event++)
      misp.addEvent({ info: 'Test', attributes: value.map((name) => ({ type: 'domain', value: name })) })
    misp.setFault('page-cap', { rows: 1 })
    const config = await configured({ misp: mispSettings() })
    const { report } = await reported(['performance', '--alerts', '3', '--config', config])
    const { most_requests: most } = report.providers[0] ?? {}
    expect(most).toBe(48)
    expect(misp.requests.length).toBeGreaterThan(40)
    expect(misp.requests.length).toBeLessThanOrEqual(48)
    expect(resultOf(report, 'performance').ended).toBe('request limit')
    expect(resultOf(report, 'performance').reasons).toContain(
      'ended when as many requests were made as it may make',
    )
  })
})

describe('a provider in trouble', () => {
  it('that is down fails at its reach; the others are checked, and nothing is measured', async () => {
    const config = await configured({ misp: mispSettings(), opencti: openCtiSettings() })
    await misp.stop()
    const { exitCode, report } = await reported(['--config', config])
    expect(exitCode).toBe(1)
    expect(checks(report, 'failed')).toEqual(['misp reach'])
    expect(checks(report, 'passed')).toContain('opencti answer sha256')
    expect(checks(report, 'skipped')).toContain('misp query ipv4')
    expect(resultOf(report, 'compatibility').reasons.join()).toMatch(
      /^misp: reach: .*\(PROVIDER_UNREACHABLE\)$/,
    )
    expect(report.not_run.map(({ suite }) => suite)).toEqual([
      'performance',
      'scalability',
      'reliability',
      'resources',
    ])
  })

  it('that does not know the key fails at authentication, and the key is told nowhere', async () => {
    const apiKey = 'PLANTEDsecretPLANTEDsecretPLANTEDsecret1'
    const token = 'planted-secret-token'
    const url = misp.url.replace('//', '//planted:planted@')
    const config = await configured({
      misp: mispSettings({ apiKey, url }),
      opencti: openCtiSettings({ token }),
    })
    const json = await reported(['compatibility', '--config', config])
    const text = await bench(['compatibility', '--config', config])
    expect(json.exitCode).toBe(1)
    expect(checks(json.report, 'failed')).toEqual(['misp authentication', 'opencti authentication'])
    expect(text.out).toContain('authentication failed')
    expect([json.out, json.err, text.out, text.err].filter((told) => /planted/i.test(told))).toEqual([])
  })

  it('whose certificate nobody vouches for fails at TLS, and is told no key', async () => {
    await misp.close()
    misp = await startFakeMisp({ tls: SELF_SIGNED })
    const config = await configured({ misp: mispSettings() })
    const { report } = await reported(['compatibility', '--config', config])
    expect(checks(report, 'failed')).toEqual(['misp tls'])
    expect(checks(report, 'passed')).toEqual(['misp reach'])
    expect(misp.requests).toEqual([])
  })

  it('that has the wrong version fails at it', async () => {
    await misp.close()
    misp = await startFakeMisp({ version: '2.4.100' })
    const config = await configured({ misp: mispSettings() })
    const { report } = await reported(['compatibility', '--config', config])
    expect(checks(report, 'failed')).toEqual(['misp version'])
  })

  it('that answers searches with half of the JSON fails at each answer, with the reason', async () => {
    const config = await configured({ misp: mispSettings(), opencti: openCtiSettings() })
    misp.setFault('truncated-json', { path: /restSearch/ })
    opencti.setFault('truncated', { query: /query Lookup/ })
    const { exitCode, report } = await reported(['compatibility', '--config', config])
    expect(exitCode).toBe(1)
    const failed = checks(report, 'failed')
    expect(failed).toContain('misp answer domain')
    expect(failed).toContain('opencti answer sha256')
    expect(failed.filter((check) => !check.includes(' answer '))).toEqual([])
    expect(failed).toHaveLength(16)
    expect(checks(report, 'passed')).toContain('misp query domain')
    expect(resultOf(report, 'compatibility').reasons.join('\n')).toContain(
      'cut off or is no JSON (PROVIDER_MALFORMED)',
    )
  })

  it('that does not understand a question fails at the query', async () => {
    const config = await configured({ opencti: openCtiSettings() })
    opencti.setFault('graphql-error', { query: /query Lookup/, code: 'UNSUPPORTED_ERROR' })
    const { report } = await reported(['compatibility', '--config', config])
    expect(checks(report, 'failed')).toHaveLength(8)
    expect(checks(report, 'failed')).toContain('opencti query ipv6')
    expect(checks(report, 'skipped')).toContain('opencti answer ipv6')
  })

  it('that fails in the middle is counted by kind, and does not pass', async () => {
    const config = await configured({ misp: mispSettings() })
    misp.setFault('html-502', { path: /restSearch/, times: 2 })
    const { exitCode, report } = await reported(['reliability', '--seconds', '1', '--config', config])
    expect(exitCode).toBe(1)
    const reliability = resultOf(report, 'reliability')
    expect(reliability.requests.failed).toBe(2)
    expect(reliability.requests.by_outcome['PROVIDER_UNREACHABLE']).toBe(2)
    expect(reliability.unanswered_by_reason['PROVIDER_UNREACHABLE']).toBeGreaterThan(0)
    expect(reliability.alerts_unanswered).toBeGreaterThan(0)
    expect(reliability.reasons.join()).toContain('requests failed')
  })
})

describe('feeds alone', () => {
  it('are measured without asking anybody, and match', async () => {
    const feed = join(folder, 'bad.txt')
    await writeFile(feed, 'example.com\nexample.net\nexample.org\n')
    const config = await configured({ feeds: { type: 'feed', feeds: [{ path: feed }] } })
    const { exitCode, err, report } = await reported(['performance', 'compatibility', '--config', config])
    expect(exitCode).toBe(0)
    expect(err).toContain('only feeds are configured: nobody is asked')
    expect(resultOf(report, 'performance')).toMatchObject({ requests: { total: 0 }, look_ups: { values: 0 } })
    expect(resultOf(report, 'performance').matches).toBeGreaterThan(10)
  })
})

describe('what makes no sense', () => {
  it.each([
    [['--alerts', '99999999'], '--alerts takes a number from 1 to 2,000 against providers of your own'],
    [['--seconds', '0'], '--seconds takes a number from 1 to 600'],
    [['--concurrency', '1,1000'], '--concurrency takes a number from 1 to 64'],
    [['--concurrency', 'many'], 'expected a whole number'],
    [['speed'], 'There is no suite «speed»'],
    [['--json', 'performance'], '--json performance would write a file with the name of a suite'],
    [['--fake'], '--fake and --config are two different things to measure'],
  ])('%j is refused with a sentence, before anything is asked', async (args, message) => {
    const config = await configured({ misp: mispSettings() })
    const { exitCode, out, err } = await bench(['--config', config, ...args])
    expect({ exitCode, out }).toEqual({ exitCode: 2, out: '' })
    expect(err).toContain(message)
    expect(misp.requests).toEqual([])
  })

  it('a configuration without providers is refused, and a file that cannot be written', async () => {
    const empty = await bench(['--config', await configured({})])
    expect(empty).toMatchObject({ exitCode: 2, out: '' })
    expect(empty.err).toContain('The configuration names no provider to measure')
    const config = await configured({ misp: mispSettings() })
    const nowhere = await bench(['--config', config, '--json', join(folder, 'gone', 'report.json')])
    expect(nowhere).toMatchObject({ exitCode: 1, out: '' })
    expect(nowhere.err).toContain('Cannot write')
    expect(misp.requests).toEqual([])
  })

  it('a MISP named by variables is a configuration, too', async () => {
    const env = { MISP_URL: misp.url, MISP_API_KEY: misp.keys.user }
    const { out, err, exitCode } = await bench(['compatibility', '--json'], env)
    expect(err).toContain(misp.url)
    const report = benchReportSchema.parse(JSON.parse(out))
    expect(report.providers.map(({ provider }) => provider)).toEqual(['misp'])
    expect(exitCode).toBe(0)
  })
})
