import { existsSync, readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import type { Alert } from '../../src/core/alert.ts'
import { isRecord, type JsonObject } from '../../src/core/json.ts'
import type { Match } from '../../src/core/match.ts'
import type { OpenCtiContext, OpenCtiIndicator, OpenCtiObservable } from '../../src/core/opencti.ts'
import { dispatch } from '../../src/sinks/opencti-event/dispatch.ts'
import { alertOf } from './alerts.ts'
import { openCtiMatch } from './opencti-samples.ts'

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

/** What the provider would have made of the prepared answer: one match of the value that was looked up first, or none. */
export function matchOfRun(run: RecordedRun, alert: Alert): Match | undefined {
  const query = dispatch(alert)
  const [value] = query?.values ?? []
  const data = isRecord(run.stub.json?.data) ? run.stub.json.data : {}
  const [first, ...rest] = [
    ...nodes(data['indicators']).map((node): OpenCtiContext => ({
      platform: 'opencti',
      found: 'pattern',
      indicator: indicatorOf(node),
    })),
    ...nodes(data['stixCyberObservables']).flatMap((node) =>
      nodes(node['indicators']).map((own): OpenCtiContext => ({
        platform: 'opencti',
        found: 'observable',
        indicator: indicatorOf(own),
        observable: observableOf(node),
      })),
    ),
  ]
  if (first === undefined || value === undefined) return undefined
  const type = query?.key === 'value' ? 'ipv4' : 'sha256'
  const base = 'http://OPENCTI'
  return openCtiMatch([first, ...rest], { alert, type, value: value.toLowerCase(), base })
}

/** The nodes of a connection. */
export function nodes(connection: unknown): readonly JsonObject[] {
  const edges = isRecord(connection) ? connection['edges'] : []
  return listOf(edges).map((edge) => (isRecord(edge['node']) ? edge['node'] : {}))
}

export function listOf(value: unknown): readonly JsonObject[] {
  return Array.isArray(value) ? value.filter((item) => isRecord(item)) : []
}

function indicatorOf(node: JsonObject): OpenCtiIndicator {
  return plain(node) as unknown as OpenCtiIndicator
}

function observableOf(node: JsonObject): OpenCtiObservable {
  const { indicators: _, stixCoreRelationships: __, ...rest } = node
  return plain(rest) as unknown as OpenCtiObservable
}

/** Without nulls, and lists of objects as the lists of texts that events have. */
function plain({ objectLabel, killChainPhases, externalReferences, ...node }: JsonObject): JsonObject {
  const lists = {
    labels: listOf(objectLabel).map(({ value }) => value),
    killChainPhases: listOf(killChainPhases).map(({ kill_chain_name }) => kill_chain_name),
    externalReferences: nodes(externalReferences).map(({ url }) => url),
  }
  return withoutNulls({ ...node, ...lists })
}

function withoutNulls(object: JsonObject): JsonObject {
  return Object.fromEntries(
    Object.entries(object)
      .filter(([, value]) => value !== null)
      .map(([key, value]) => [key, isRecord(value) ? withoutNulls(value) : value]),
  )
}
