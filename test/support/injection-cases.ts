import { existsSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { isRecord, parseJson, type JsonObject } from '../../src/core/json.ts'

/** What a real analysisd (4.14) made of an event that was put into its queue. */
export interface InjectionCase {
  readonly case: string
  readonly datagram: string
  readonly datagram_bytes: number
  /** Lines of alerts.json; long ones are shortened and no JSON. */
  readonly alerts: readonly string[]
  readonly ossec_log: readonly string[]
}

const FOLDER = '../shared/data/wazuh-recorded'

/** They lie beside the checkout, and are not part of it. */
export const injectionCasesPresent = existsSync(FOLDER)

export function injectionCases(group: string): readonly InjectionCase[] {
  const text = readFileSync(join(FOLDER, `injection-cases-${group}.jsonl`), 'utf8')
  return text
    .split('\n')
    .filter((line) => line !== '')
    .map((line) => JSON.parse(line) as InjectionCase)
}

/** What follows `1:<location>:`; undefined when it is no JSON, or was shortened for the record. */
export function payloadOf({ datagram }: InjectionCase): JsonObject | undefined {
  const value = parseJson(datagram.slice(datagram.indexOf(':', 2) + 1))
  return isRecord(value) ? value : undefined
}

/** `data` of the one alert; undefined when there was none, or it was shortened. */
export function recordedData({ alerts }: InjectionCase): JsonObject | undefined {
  const alert = parseJson(alerts[0] ?? '')
  return isRecord(alert) && isRecord(alert['data']) ? alert['data'] : undefined
}
