import type { Alert } from '../../src/core/alert.ts'
import type { Match, MatchKind } from '../../src/core/match.ts'
import type { Observable, ObservableType } from '../../src/core/observable.ts'
import type {
  OpenCtiContext,
  OpenCtiIdentity,
  OpenCtiIndicator,
  OpenCtiObservable,
  OpenCtiRelated,
} from '../../src/core/opencti.ts'
import { sampleAlert, sampleIndicator, sampleMatch } from './sink-samples.ts'

export const BASE = 'https://cti.example/opencti'

const feed: Required<OpenCtiIdentity> = {
  id: '0b1e4c6a-0000-4000-8000-00000000000f',
  standard_id: 'identity--77c1b5d0-0000-5000-8000-00000000000f',
  identity_class: 'organization',
  name: 'Example Feed',
  x_opencti_organization_type: 'vendor',
  x_opencti_reliability: 'B - Usually reliable',
  x_opencti_firstname: 'Erika',
  x_opencti_lastname: 'Example',
}

/** The keys of an indicator in events about observables. */
export const shortForm = {
  id: '9c2f7a10-0000-4000-8000-000000000001',
  name: '11.22.33.44 c2',
  valid_until: '2026-06-01T00:00:00.000Z',
  revoked: false,
  confidence: 70,
  x_opencti_score: 80,
  x_opencti_detection: true,
  indicator_types: ['malicious-activity'],
  x_mitre_platforms: ['windows'],
  pattern_type: 'stix',
  pattern: "[ipv4-addr:value = '11.22.33.44']",
  killChainPhases: ['mitre-attack'],
  labels: ['c2'],
} satisfies OpenCtiIndicator

/** The keys in events about the indicator itself, but `type`. */
export const longForm = {
  created_at: '2026-01-01T00:00:00.000Z',
  updated_at: '2026-01-02T00:00:00.000Z',
  createdBy: feed,
  externalReferences: ['https://intel.example/1'],
  ...shortForm,
} satisfies OpenCtiIndicator

/** With every key. */
export const fullIndicator: Required<OpenCtiIndicator> = {
  ...longForm,
  standard_id: 'indicator--9c2f7a10-0000-5000-8000-000000000001',
  description: 'seen in a report',
  valid_from: '2026-01-01T00:00:00.000Z',
  x_opencti_main_observable_type: 'IPv4-Addr',
}

/** With every key of an observable that is no file, and of one that is. */
export const fullObservable: Required<OpenCtiObservable> = {
  id: '51aa2f00-0000-4000-8000-000000000001',
  type: 'Domain-Name',
  created_at: '2026-01-01T00:00:00.000Z',
  updated_at: '2026-01-02T00:00:00.000Z',
  createdBy: feed,
  labels: ['phishing'],
  externalReferences: ['https://intel.example/2'],
  observable_value: 'bad.example.net',
  x_opencti_description: 'seen in a report',
  x_opencti_score: 60,
  value: 'bad.example.net',
  extensions: 'exe',
  size: 68,
  name: 'dropper.exe',
  x_opencti_additional_names: ['invoice.exe'],
}

export const related: OpenCtiRelated = {
  id: '77bc0000-0000-4000-8000-000000000001',
  type: 'IPv4-Addr',
  relationship: 'resolves-to',
  value: '11.22.33.44',
}

export function indicatorOf(id: string, changes: Partial<OpenCtiIndicator> = {}): OpenCtiIndicator {
  return { id, name: `ioc ${id}`, revoked: false, x_opencti_detection: true, ...changes }
}

export function byPattern(indicator: OpenCtiIndicator): OpenCtiContext {
  return { platform: 'opencti', found: 'pattern', indicator }
}

export function byObservable(
  indicator: OpenCtiIndicator,
  observable: OpenCtiObservable = fullObservable,
): OpenCtiContext {
  return { platform: 'opencti', found: 'observable', indicator, observable }
}

export function byRelated(
  indicator: OpenCtiIndicator,
  object: OpenCtiRelated = related,
  observable: OpenCtiObservable = fullObservable,
): OpenCtiContext {
  return { platform: 'opencti', found: 'related', indicator, observable, related: object }
}

export interface OpenCtiMatchOptions {
  readonly alert?: Alert
  readonly type?: ObservableType
  readonly value?: string
  readonly kind?: MatchKind
  /** Where the platform is. */
  readonly base?: string
  readonly changes?: Partial<Match>
}

/** A match of one observable whose indicators have these contexts. */
export function openCtiMatch(
  contexts: readonly [OpenCtiContext, ...OpenCtiContext[]],
  options: OpenCtiMatchOptions = {},
): Match {
  const { alert = sampleAlert(), type = 'ipv4', value = '11.22.33.44', kind, base = BASE, changes } = options
  const observable: Observable = { type, value, where: ['data.srcip'] }
  const entry = (context: OpenCtiContext) => {
    const { id } = context.indicator
    const link = `${base}/dashboard/observations/indicators/${id}`
    const ref = context.indicator.standard_id ?? `indicator--${id}`
    const indicator = sampleIndicator({ type, value, provider: 'cti', source: 'OpenCTI', ref, link, context })
    return { indicator, kind: kind ?? (context.found === 'related' ? 'related' : 'exact') } as const
  }
  const [first, ...rest] = contexts
  return sampleMatch({ alert, observable, indicators: [entry(first), ...rest.map(entry)], ...changes })
}
