import { readFileSync } from 'node:fs'
import { describe, expect, it } from 'vitest'
import { matchRecordSchema, type MatchRecord } from '../../src/sinks/schema.ts'
import { runCli, type CliOptions } from '../support/cli.ts'
import {
  EXAMPLE_ALERTS,
  EXAMPLE_FEEDS,
  EXAMPLE_FINDINGS,
  expectedOfFindings,
  matchLines,
  rowLines,
} from '../support/examples.ts'
import { useWorkspace } from './workspace.ts'

const workspace = useWorkspace()
const { matches: expected } = expectedOfFindings()

/** The records of a scan with the example feeds, documentation addresses looked up. */
async function recordsOf(args: readonly string[], options: CliOptions = {}): Promise<readonly MatchRecord[]> {
  const config = workspace.file(
    'examples.yaml',
    'policy: { lookUpSpecial: [documentation] }\nproviders: {}\n',
  )
  const ended = await runCli(['scan', '--config', config, '--feed', EXAMPLE_FEEDS, ...args], options)
  expect(ended).toMatchObject({ code: 0, stderr: '' })
  const lines = ended.stdout.split('\n').filter((line) => line !== '')
  return lines.map((line) => matchRecordSchema.parse(JSON.parse(line)))
}

function keyOf(row: { alert_id: string; type: string; value: string }): string {
  return [row.alert_id, row.type, row.value].join(' ')
}

function byKey(records: readonly MatchRecord[]): ReadonlyMap<string, MatchRecord> {
  return new Map(
    records.map((record) => [keyOf({ alert_id: record.alert.id, ...record.observable }), record]),
  )
}

/** What a record says beside where it was seen and by which id: the same for both kinds of alert. */
function saidBy(record: MatchRecord | undefined): unknown {
  if (record === undefined) return undefined
  const { alert, observable, match, indicators } = record
  return {
    rule: { level: alert.rule.level, description: alert.rule.description },
    agent: alert.agent,
    node: alert.node,
    time: alert.time,
    location: alert.location,
    observable: { type: observable.type, value: observable.value },
    match,
    indicators,
  }
}

describe('scan of findings of Wazuh 5', () => {
  it('gives what examples/wazuh5/expected.json says, and the records of the alerts of 4.x that tell the same', async () => {
    const records = await recordsOf([EXAMPLE_FINDINGS, EXAMPLE_ALERTS])
    const ofFindings = records.filter(({ alert }) => alert.file === EXAMPLE_FINDINGS)
    expect(matchLines(ofFindings)).toEqual(rowLines(expected))
    const found = byKey(records)
    for (const row of expected) expect(found.get(keyOf(row))?.observable.where).toEqual(row.where)
    const pairs = expected.filter(({ same_as }) => same_as !== undefined)
    expect(pairs.length).toBeGreaterThanOrEqual(15)
    for (const row of pairs) {
      const alert = found.get(keyOf({ ...row, alert_id: row.same_as ?? '' }))
      expect(alert).toBeDefined()
      const finding = found.get(keyOf(row))
      expect(saidBy(finding)).toEqual(saidBy(alert))
      expect(finding?.alert.rule.id).toBe(row.alert_id.split('/')[1])
    }
  })

  it('gives the same ids of the answer of a search in the indexer, which gives each copy an id of its own', async () => {
    const documents = readFileSync(EXAMPLE_FINDINGS, 'utf8').trimEnd().split('\n')
    const hits = documents.map((text, at) => {
      const document = JSON.parse(text) as Record<string, unknown>
      const source = document['_source'] ?? document
      return {
        _index: '.ds-wazuh-findings-v5-other-000001',
        _id: `copy-${at}`,
        _score: null,
        _source: source,
      }
    })
    const answer = JSON.stringify({ took: 3, hits: { total: { value: hits.length }, hits } }, undefined, 2)
    const [fromFile, fromAnswer] = await Promise.all([
      recordsOf([EXAMPLE_FINDINGS]),
      recordsOf(['-'], { stdin: answer }),
    ])
    expect(fromAnswer.map(({ id }) => id)).toEqual(fromFile.map(({ id }) => id))
  })
})
