import { readdirSync, readFileSync } from 'node:fs'
import { isDeepStrictEqual } from 'node:util'
import { describe, expect, it } from 'vitest'
import { isRecord, parseJson, type JsonObject } from '../../src/core/json.ts'
import { createLoopGuard } from '../../src/extract/loop-guard.ts'
import { dispatch } from '../../src/sinks/opencti-event/dispatch.ts'
import { MAX_EVENT_BYTES } from '../../src/sinks/wazuh-event.ts'
import { wazuhLines } from '../../src/sinks/wazuh-events.ts'
import { createDecoder } from '../../src/sources/decode.ts'
import { alertOf } from '../support/alerts.ts'
import { injectionCases, injectionCasesPresent, payloadOf, recordedData } from '../support/injection-cases.ts'
import { KNOWN_OPENCTI_RULES } from '../support/known-opencti-rules.ts'
import { leavesOf } from '../support/leaves.ts'
import {
  byObservable,
  byPattern,
  byRelated,
  fullIndicator,
  fullObservable,
  openCtiMatch,
  related,
} from '../support/opencti-samples.ts'
import { WAZUH_SAMPLES } from '../support/wazuh-log-samples.ts'
import { alertBody, dataOf, firing, readRules } from '../support/wazuh-rules.ts'
import { parseXml } from '../support/xml.ts'

const FORMAT = { integration: 'misp', maxIndicatorEvents: 3, maxObservableEvents: 3 }

const read = (name: string) => readFileSync(`deploy/wazuh/${name}`, 'utf8')
const shipped = readRules(read('rules/tripline_opencti_rules.xml'))
const others = readRules(read('rules/tripline_rules.xml'))
const known = readRules(KNOWN_OPENCTI_RULES)

/** A manager with the shipped rules, and one that kept the rules it has. */
const MANAGERS = { shipped: [...shipped, ...others], known: [...known, ...others] } as const

function objectOf(line: string): JsonObject {
  const value = parseJson(line)
  if (!isRecord(value)) throw new Error(`no object: ${line}`)
  return value
}

describe('deploy/wazuh', () => {
  it('has the rules in use for OpenCTI: numbers, levels, parents and groups', () => {
    const gist = (rules: typeof shipped) =>
      rules.map(({ id, level, parent, groups }) => ({
        id,
        level,
        parent,
        groups: groups.filter((group) => group !== 'tripline'),
      }))
    expect(gist(shipped)).toEqual(gist(known))
    for (const { groups, options } of shipped) {
      expect(groups.slice(0, 2)).toEqual(['threat_intel', 'tripline'])
      expect(options).toBe('no_full_log')
    }
    const ids = MANAGERS.shipped.map(({ id }) => id)
    expect(new Set(ids).size).toBe(ids.length)
  })

  it('has a file for wazuh-logtest with a line of each kind, as the sinks write it', async () => {
    const text = WAZUH_SAMPLES.map(([, line]) => `${line}\n`).join('')
    await expect(text).toMatchFileSnapshot('../../deploy/wazuh/wazuh-logtest.jsonl')
  })

  it('has a block for each of the scripts', () => {
    const [block] = parseXml(read('integration.xml'))
    const names = block?.children.map(({ children }) => children.find(({ name }) => name === 'name')?.text)
    expect(names).toEqual(readdirSync('deploy/wazuh/integrations').toSorted().toReversed())
    for (const { children } of block?.children ?? [])
      expect(children).toContainEqual(expect.objectContaining({ name: 'alert_format', text: 'json' }))
  })

  it('has an integration block whose groups are all looked up by the drop-in', () => {
    const [block] = parseXml(read('integration.xml'))
    const settings = Object.fromEntries(
      block?.children[0]?.children.map(({ name, text }) => [name, text]) ?? [],
    )
    expect(settings).toMatchObject({ name: 'custom-opencti', alert_format: 'json' })
    const eventdata = {
      hashes: 'a1'.repeat(32),
      destinationIp: '11.22.33.44',
      queryName: 'a',
      queryResults: '',
    }
    const body = {
      syscheck: { sha256_after: 'x' },
      data: {
        win: { eventdata },
        dest_ip: '11.22.33.44',
        osquery: { columns: { sha256: 'x' } },
        audit: { execve: { a0: 'http://x' } },
      },
    }
    const idle = (settings['group'] ?? '').split(',').filter((group) => {
      const groups = group === 'syscheck_file' ? [group, 'syscheck_entry_added'] : [group]
      return dispatch(alertOf({ rule: { groups }, ...body })) === undefined
    })
    expect(idle).toEqual([])
  })
})

describe.each(Object.entries(MANAGERS))('with the %s rules', (_, rules) => {
  it.each(WAZUH_SAMPLES)('rule %s fires, and the data is the event', (id, line) => {
    const event = objectOf(line)
    const rule = firing(rules, event)
    expect(rule?.id).toBe(id)
    // Every field that the description names is there.
    const description = rule && (alertBody(rule, event, 'x')['rule'] as { description: string }).description
    expect(description).not.toMatch(/: *$/)
  })

  it.each(WAZUH_SAMPLES)('the alert of rule %s is never matched again', async (_id, line) => {
    const guard = createLoopGuard([])
    const decode = await createDecoder()
    const event = objectOf(line)
    const rule = firing(rules, event)
    if (rule === undefined) throw new Error('no rule fires')
    for (const location of ['opencti', '/var/log/tripline/wazuh-events.json']) {
      const body = alertBody({ ...rule, groups: ['local'] }, event, location)
      const decoded = decode(Buffer.from(JSON.stringify(body)), 'alerts.json', 0)
      expect(decoded.kind === 'alert' && guard.isOwn(decoded.alert)).toBe(true)
    }
  })

  it('no event fires a rule by a part of the name of its type', () => {
    const types = WAZUH_SAMPLES.map(([, line]) => objectOf(line)['opencti'])
      .map((opencti) => (isRecord(opencti) ? opencti['event_type'] : undefined))
      .filter((type) => typeof type === 'string')
    expect(types).toHaveLength(5)
    for (const type of types) {
      const within = types.filter((other) => other !== type && other.includes(type))
      expect(within).toEqual([])
    }
  })
})

it('has events of a real analysisd beside the checkout', (context) => {
  context.skip(!injectionCasesPresent, 'the folder shared/data is absent: nothing recorded is compared')
  expect(injectionCasesPresent).toBe(true)
})

/** Wherever a platform or an alert may say something, it says this. */
function eventsSaying(value: unknown): readonly JsonObject[] {
  const text = typeof value === 'string' ? value : JSON.stringify(value)
  const number = typeof value === 'number' ? value : 7
  const said = {
    name: text,
    pattern: text,
    valid_until: text,
    labels: [text, 'x'],
    x_opencti_score: number,
    confidence: number,
  }
  const context = { ...fullObservable, value: text, observable_value: text, size: number, name: text }
  const object = { ...related, value: text, relationship: text }
  const hostile: object = value !== null && typeof value === 'object' ? value : { action: value }
  const keys = ['src_ip', 'srcip', 'src_port', 'dest_ip', 'proto', 'app_proto']
  const data = {
    ...Object.fromEntries(keys.map((key) => [key, value])),
    win: { eventdata: { image: value, queryName: value, queryResults: text } },
    audit: { execve: { a0: text }, key: value },
    alert: hostile,
    dns: { question: { name: value }, answers: [{ data: text }, value] },
  }
  const alert = alertOf({ data, syscheck: { path: value, md5_after: text } }, { id: text, ruleId: text })
  const matches = [
    openCtiMatch([byPattern({ ...fullIndicator, ...said })], { alert, type: 'url', value: text }),
    openCtiMatch(
      [
        byObservable({ ...fullIndicator, ...said, id: 'own' }, context),
        byRelated({ ...fullIndicator, ...said, id: 'far' }, object, context),
      ],
      { alert, type: 'url', value: text },
    ),
  ]
  return wazuhLines(matches, FORMAT).map((line) => objectOf(line.text))
}

/** Whether Wazuh shows a value as it was sent, as text or as a list of texts. */
function isFaithful(sent: unknown, shown: unknown): boolean {
  return isDeepStrictEqual(Array.isArray(sent) ? sent : String(sent), shown)
}

/** The forms of leaves that our events may have. */
function isPlain(leaf: unknown): boolean {
  if (Array.isArray(leaf))
    return (
      leaf.length > 0 &&
      leaf.every((item) => typeof item === 'string' && item !== '' && !/[\p{Cs}\0]/u.test(item))
    )
  if (typeof leaf === 'number') return (leaf | 0) === leaf
  if (typeof leaf === 'boolean') return true
  return (
    typeof leaf === 'string' &&
    leaf !== '' &&
    !/[\p{Cs}\0]/u.test(leaf) &&
    !(leaf.startsWith('[') && Array.isArray(parseJson(leaf)))
  )
}

describe.skipIf(!injectionCasesPresent)('what a real analysisd did', () => {
  const values = injectionCasesPresent ? injectionCases('values') : []
  const sent = values.flatMap((one) => {
    const payload = payloadOf(one)
    return payload === undefined ? [] : [{ one, value: payload['v'] }]
  })

  it('shows every leaf of the forms we write as it was sent, and makes an alert of it', () => {
    const whole = sent.filter(({ one }) => one.alerts.length === 0 || recordedData(one) !== undefined)
    const plain = whole.filter(({ value }) => !isRecord(value) && isPlain(value))
    expect(plain.length).toBeGreaterThan(30)
    const odd = plain.filter(({ one, value }) => !isFaithful(value, recordedData(one)?.['v']))
    expect(odd.map(({ one }) => one.case)).toEqual([])
  })

  it('did odd things to leaves of other forms, which our events never have', () => {
    const odd = sent.filter(({ one, value }) => !isFaithful(value, recordedData(one)?.['v']))
    expect(odd.length).toBeGreaterThan(15)
    for (const { value } of sent) {
      const events = eventsSaying(value)
      expect(events).toHaveLength(2)
      const leaves = events.flatMap((event) => leavesOf(event))
      expect(leaves.filter(([, leaf]) => !isPlain(leaf))).toEqual([])
    }
  })

  it('moves or changes some keys, none of which is in our events', () => {
    const moved = injectionCases('keys').flatMap((one) => {
      const payload = payloadOf(one)
      const data = recordedData(one)
      if (payload === undefined || data === undefined || isDeepStrictEqual(data, dataOf(payload))) return []
      return Object.keys(payload)
    })
    const odd = new Set(moved.filter((key) => key !== 'integration'))
    expect(odd.size).toBeGreaterThan(5)
    const events = WAZUH_SAMPLES.map(([, line]) => objectOf(line))
    expect(events.flatMap((event) => Object.keys(event)).filter((key) => odd.has(key))).toEqual([])
    for (const [path] of events.flatMap((event) => leavesOf(event))) expect(path).toMatch(/^\w+(?:\.\w+)*$/)
  })

  it('takes more leaves and longer events than ours can have', () => {
    const clean = injectionCases('fieldcount').filter(
      (one) => one.ossec_log.length === 0 && one.alerts.length > 0,
    )
    const leaves = clean.map((one) => leavesOf(payloadOf(one) ?? {}).length)
    expect(Math.max(...leaves)).toBeGreaterThan(100)
    const taken = injectionCases('size').filter((one) => one.alerts.length > 0)
    const refused = injectionCases('size').filter((one) => one.alerts.length === 0)
    // Location and agent of the header, at their longest by Wazuh's own names, take less than 1,000 bytes.
    expect(Math.max(...taken.map((one) => one.datagram_bytes))).toBeGreaterThan(MAX_EVENT_BYTES + 1000)
    expect(Math.min(...refused.map((one) => one.datagram_bytes))).toBeGreaterThan(MAX_EVENT_BYTES + 1000)
  })

  it('is what the rules as known do here, and the shipped ones but for names that only contain another', () => {
    const cases = injectionCases('rules').filter((one) => one.datagram.startsWith('1:opencti:'))
    expect(cases.length).toBeGreaterThanOrEqual(18)
    const different = (rules: typeof known) =>
      cases
        .filter((one) => {
          const fired = firing(rules, payloadOf(one) ?? {})
          const recorded = (parseJson(one.alerts[0] ?? '') as { rule: object } | undefined)?.rule
          return !isDeepStrictEqual(
            fired && { id: fired.id, level: fired.level },
            recorded && { id: (recorded as { id: string }).id, level: (recorded as { level: number }).level },
          )
        })
        .map((one) => one.case)
    expect(different(known)).toEqual([])
    expect(different(shipped)).toEqual([
      'opencti new name containing old one: observable_with_indicator_expired',
      'opencti event_type upper case INDICATOR_PATTERN_MATCH',
      'integration = xopenctix',
      'integration = OpenCTI',
    ])
  })
})
