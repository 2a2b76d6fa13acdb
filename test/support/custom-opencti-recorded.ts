import { existsSync, readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import type { Alert } from '../../src/core/alert.ts'
import { isRecord, type JsonObject } from '../../src/core/json.ts'
import { alertOf } from './alerts.ts'

interface Filter {
  readonly key: string
  readonly values: readonly string[]
}

/** One run of the script that events are compared with, against a server that gave a prepared answer. */
export interface RecordedRun {
  readonly name: string
  readonly alert: JsonObject | null
  /** In place of the alert, what was in the file. */
  readonly alert_raw: string | null
  readonly stub: { readonly json?: { readonly data?: unknown } | null }
  /** What stood in place of alert file, key and URL. */
  readonly argv_override: readonly string[] | null
  readonly url_override: string | null
  readonly observed: {
    readonly exit_code: number
    readonly requests: readonly {
      readonly variables: {
        readonly obs: { readonly filters: readonly [Filter] }
        readonly ind: { readonly filters: readonly [Filter, Filter] }
      }
    }[]
    readonly queue_messages: readonly { readonly prefix: string; readonly event: JsonObject }[]
  }
}

const FOLDER = '../shared/data/custom-opencti'

/** They lie beside the checkout, and are not part of it. */
export const recordedRunsPresent = existsSync(FOLDER)

export function recordedRuns(): readonly RecordedRun[] {
  return readdirSync(FOLDER)
    .filter((name) => name.endsWith('.json') && name !== 'INDEX.json')
    .map((name) => JSON.parse(readFileSync(join(FOLDER, name), 'utf8')) as RecordedRun)
}

/** As the decoder makes it; undefined where the run was given none. */
export function alertOfRun({ alert }: RecordedRun): Alert | undefined {
  return alert === null ? undefined : alertOf({ ...alert })
}

/** The nodes of a connection. */
export function nodes(connection: unknown): readonly JsonObject[] {
  const edges = isRecord(connection) ? connection['edges'] : []
  return listOf(edges).map((edge) => (isRecord(edge['node']) ? edge['node'] : {}))
}

export function listOf(value: unknown): readonly JsonObject[] {
  return Array.isArray(value) ? value.filter((item) => isRecord(item)) : []
}
