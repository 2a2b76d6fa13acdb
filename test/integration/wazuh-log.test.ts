import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { isDeepStrictEqual } from 'node:util'
import { describe, expect, it } from 'vitest'
import { systemClock } from '../../src/core/clock.ts'
import { isRecord, parseJson, type JsonObject } from '../../src/core/json.ts'
import type { Notice } from '../../src/core/ports.ts'
import { testEvent } from '../../src/app/doctor/test-event.ts'
import { createLoopGuard } from '../../src/extract/loop-guard.ts'
import { createSink } from '../../src/sinks/registry.ts'
import { wazuhLogConfig } from '../../src/sinks/wazuh-log/config.ts'
import { wazuhEvent, wazuhNoticeEvent } from '../../src/sinks/wazuh-event.ts'
import { createDecoder } from '../../src/sources/decode.ts'
import { injectionCases, injectionCasesPresent, payloadOf } from '../support/injection-cases.ts'
import { leavesOf } from '../support/leaves.ts'
import { inFolder } from '../support/sink-files.ts'
import { everything, sampleAlert, sampleMatch } from '../support/sink-samples.ts'
import { recordedTelemetry } from '../support/telemetry.ts'
import { alertBody, dataOf, firing, readRules } from '../support/wazuh-rules.ts'
import { parseXml } from '../support/xml.ts'

const xml = readFileSync('deploy/wazuh/rules/tripline_rules.xml', 'utf8')
const rules = readRules(xml)
const LOCATION = wazuhLogConfig.parse({ type: 'wazuh-log' }).path

const failing: Notice = {
  provider: 'misp-main',
  kind: 'failing',
  code: 'PROVIDER_UNREACHABLE',
  message: 'MISP cannot be reached',
  at: Date.UTC(2026, 2, 9, 8),
}
const full = sampleMatch({
  alert: sampleAlert({ node: 'node-1' }),
  stale: true,
  delayedSince: 1_773_043_100_000,
  repeats: 1,
  indicators: [{ indicator: everything, kind: 'exact', heldBy: 'expired', warnings: ['Hosting'] }],
})

function objectOf(line: string): JsonObject {
  const value = parseJson(line)
  if (!isRecord(value)) throw new Error(`no object: ${line}`)
  return value
}

const format = { integration: 'misp' } as const
const EVENTS = {
  match: objectOf(wazuhEvent(full, format)),
  'match of a plain list': objectOf(wazuhEvent(sampleMatch(), format)),
  failing: objectOf(wazuhNoticeEvent(failing, format)),
  recovered: objectOf(
    wazuhNoticeEvent({ ...failing, kind: 'recovered', message: 'MISP answers again' }, format),
  ),
  test: objectOf(testEvent({ id: 'doctor/1', at: failing.at, host: 'wazuh-1' })),
}

describe('deploy/wazuh', () => {
  it('has well-formed rules, each number once and within the range for own rules', () => {
    expect(rules.map(({ id, level }) => [id, level])).toEqual([
      ['100620', 10],
      ['100621', 5],
      ['100622', 12],
      ['119620', 3],
      ['119621', 3],
      ['119622', 3],
    ])
    for (const { groups, options } of rules) {
      expect(['misp', 'tripline']).toContain(groups[0])
      expect(groups).toContain('tripline')
      // With the event in it as text again, the alert would pass what Wazuh's integrations take.
      expect(options).toBe('no_full_log')
    }
  })

  it('asks only for fields that events have', () => {
    const fields = new Set(Object.values(EVENTS).flatMap((event) => leavesOf(event).map(([path]) => path)))
    const asked = rules.flatMap((rule) => [
      ...rule.fields.map(({ name }) => name),
      ...[...rule.description.matchAll(/\$\(([^)]+)\)/g)].map(([, name = '']) => name),
    ])
    expect(asked.length).toBeGreaterThanOrEqual(10)
    expect(asked.filter((name) => !fields.has(name))).toEqual([])
  })

  it('has a block that reads the file of the default settings', () => {
    const [block] = parseXml(readFileSync('deploy/wazuh/localfile.xml', 'utf8'))
    const [localfile] = block?.children ?? []
    const settings = Object.fromEntries(localfile?.children.map(({ name, text }) => [name, text]) ?? [])
    expect(settings).toEqual({ log_format: 'json', location: LOCATION, 'only-future-events': 'no' })
  })

  it('describes in its README every file, and the test line does what it says', () => {
    const readme = readFileSync('deploy/wazuh/README.md', 'utf8')
    const names = ['tripline_rules.xml', 'tripline_opencti_rules.xml', 'localfile.xml', 'integration.xml']
    for (const name of [...names, 'wazuh-logtest.jsonl']) expect(readme).toContain(name)
    const lines = [...readme.matchAll(/^ *echo '(\{"integration".*\})'/gm)].map(([, line = '']) =>
      objectOf(line),
    )
    expect(lines.map((event) => firing(rules, event)?.id)).toEqual(['100622'])
    const all = [
      ...rules,
      ...readRules(readFileSync('deploy/wazuh/rules/tripline_opencti_rules.xml', 'utf8')),
    ]
    for (const { id } of all) expect(readme).toContain(id)
  })
})

describe('events in Wazuh', () => {
  it.each<[name: keyof typeof EVENTS, rule: string, description: string]>([
    [
      'match',
      '100622',
      'MISP - IoC found in Threat Intel - Category: Network activity, Attribute: 203.0.113.0/24',
    ],
    [
      'match of a plain list',
      '100622',
      'MISP - IoC found in Threat Intel - Category: Other, Attribute: 203.0.113.66',
    ],
    ['failing', '100621', 'MISP - Threat intelligence trouble: MISP cannot be reached'],
    ['recovered', '119621', 'Tripline - Threat intelligence is back: MISP answers again'],
    ['test', '119622', 'Tripline - Self test: tripline doctor on wazuh-1: this is no match'],
  ])('%s: rule %s fires, and the data is the event', (name, id, description) => {
    const rule = firing(rules, EVENTS[name])
    expect(rule?.id).toBe(id)
    const body = rule && alertBody(rule, EVENTS[name], LOCATION)
    expect(body).toMatchObject({ rule: { description }, data: EVENTS[name] })
    expect(body?.['data']).toEqual(EVENTS[name])
  })

  it.each(Object.keys(EVENTS) as (keyof typeof EVENTS)[])('R37: %s: is never matched again', async (name) => {
    const guard = createLoopGuard([])
    const decode = await createDecoder()
    const rule = firing(rules, EVENTS[name])
    if (rule === undefined) throw new Error('no rule fires')
    // With the shipped rules, with the ones known since 2022, with rules nobody knows.
    for (const groups of [rule.groups, ['misp', 'misp_alert'], ['local', 'intel']]) {
      const line = Buffer.from(JSON.stringify(alertBody({ ...rule, groups }, EVENTS[name], LOCATION)))
      const decoded = decode(line, 'alerts.json', 0)
      expect(decoded.kind).toBe('alert')
      expect(decoded.kind === 'alert' && guard.isOwn(decoded.alert)).toBe(true)
    }
  })
})

function isText(leaf: unknown): boolean {
  return [leaf].flat().every((item) => typeof item === 'string')
}

/** What must be the same, whatever the words of a rule. Those of a match are known to dashboards. */
function gist(body: JsonObject | undefined): unknown {
  const rule = body?.['rule'] as
    { id: string; level: number; description: string; groups: string[] } | undefined
  return {
    id: rule?.id,
    level: rule?.level,
    description: rule?.id === '100622' ? rule.description : '',
    groups: rule?.groups.filter((group) => group !== 'tripline'),
    data: body?.['data'],
  }
}

it('has alerts of a real analysisd beside the checkout', (context) => {
  context.skip(!injectionCasesPresent, 'the folder shared/data is absent: nothing recorded is compared')
  expect(injectionCasesPresent).toBe(true)
})

describe.skipIf(!injectionCasesPresent)('what a real analysisd did', () => {
  it('is what the shipped rules do with the same events, but for other integrations with misp in their name', () => {
    const cases = injectionCases('rules').filter(({ datagram }) => datagram.startsWith('1:misp:'))
    expect(cases.length).toBeGreaterThanOrEqual(10)
    const different = cases.filter((one) => {
      const event = payloadOf(one) ?? {}
      const rule = firing(rules, event)
      const ours = rule && alertBody(rule, event, 'misp')
      return !isDeepStrictEqual(gist(ours), gist(objectOf(one.alerts[0] ?? '')))
    })
    expect(different.map((one) => one.case)).toEqual(['integration = misp_file_hashes (unanchored match)'])
  })

  it('to texts and lists is what the tests here take for it', () => {
    const cases = [...injectionCases('values'), ...injectionCases('rules')].filter((one) => {
      const event = payloadOf(one)
      const [line = ''] = one.alerts
      const isWhole = !one.datagram.includes('\\u0000') && parseJson(line) !== undefined
      return isWhole && event !== undefined && leavesOf(event).every(([, leaf]) => isText(leaf))
    })
    expect(cases.length).toBeGreaterThan(50)
    const different = cases.filter(
      (one) => !isDeepStrictEqual(dataOf(payloadOf(one) ?? {}), objectOf(one.alerts[0] ?? '')['data']),
    )
    expect(different.map((one) => one.case)).toEqual([])
  })
})

describe('the sink', () => {
  it('writes what Wazuh reads: matches and troubles, whole lines within its limit', () =>
    inFolder(async (folder) => {
      const path = join(folder, 'logs', 'wazuh-events.json')
      const telemetry = recordedTelemetry(systemClock)
      const config = wazuhLogConfig.parse({ type: 'wazuh-log', path })
      const sink = await createSink(config, {
        id: 'wazuh',
        telemetry,
        stdout: process.stdout,
        stateDir: folder,
      })
      await sink.notice?.(failing)
      await sink.write({ parsed: [], matches: [full, sampleMatch()] }, new AbortController().signal)
      await sink.notice?.({ ...failing, kind: 'recovered' })
      await sink.close()
      const lines = readFileSync(path, 'utf8').split('\n')
      expect(lines.pop()).toBe('')
      expect(lines.map((line) => firing(rules, objectOf(line))?.id)).toEqual([
        '100621',
        '100622',
        '100622',
        '119621',
      ])
      expect(await telemetry.metrics.total('sink_records_total')).toBe(4)
    }))
})
