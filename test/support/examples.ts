import { readFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { z } from 'zod'
import type { MatchRecord } from '../../src/sinks/schema.ts'

const row = z.object({ alert_id: z.string(), type: z.string(), value: z.string() })
/** A match that must be found. */
export const rowSchema = row.extend({ kind: z.string() })
const expectedSchema = z.object({
  matches: z.array(rowSchema),
  repeats: z.array(rowSchema),
  held: z.array(row.extend({ reason: z.string() })),
  dropped: z.array(z.string()),
  nothing: z.array(z.string()),
})

const findingsSchema = z.object({
  matches: z.array(rowSchema.extend({ where: z.array(z.string()), same_as: z.string().optional() })),
  dropped: z.array(z.string()),
  nothing: z.array(z.string()),
})

export const EXAMPLE_ALERTS = examplePath('alerts/alerts.jsonl')
export const EXAMPLE_FEEDS = examplePath('feeds')
/** Findings and events of Wazuh 5; most tell the same as one of the alerts. */
export const EXAMPLE_FINDINGS = examplePath('wazuh5/findings.jsonl')

/** The lines of the example alerts, without line ends. */
export function exampleLines(): readonly string[] {
  return readFileSync(EXAMPLE_ALERTS, 'utf8').trimEnd().split('\n')
}

export function expectedOfExamples(): z.infer<typeof expectedSchema> {
  return expectedSchema.parse(JSON.parse(readFileSync(examplePath('expected.json'), 'utf8')))
}

export function expectedOfFindings(): z.infer<typeof findingsSchema> {
  return findingsSchema.parse(JSON.parse(readFileSync(examplePath('wazuh5/expected.json'), 'utf8')))
}

/** One line a match, in order, to compare with one another: `<alert id> <kind> <type> <value>`. */
export function matchLines(matches: readonly MatchRecord[]): readonly string[] {
  return matches
    .map(({ alert, match, observable }) =>
      [alert.id, match.kind, observable.type, observable.value].join(' '),
    )
    .toSorted()
}

/** As `matchLines`, of rows of the expectations. */
export function rowLines(rows: z.infer<typeof expectedSchema>['matches']): readonly string[] {
  return rows.map(({ alert_id, kind, type, value }) => [alert_id, kind, type, value].join(' ')).toSorted()
}

function examplePath(name: string): string {
  return fileURLToPath(new URL(`../../examples/${name}`, import.meta.url))
}
