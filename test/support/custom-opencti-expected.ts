import type { RecordedRun } from './custom-opencti-recorded.ts'
import type { Fault, FaultOptions } from './fake-opencti/http/faults.ts'

/** One event that is right, where the script has ended with a trace or told something else. */
export interface RightEvent {
  readonly type: string
  /** Leaves that it has, by path below `opencti`. */
  readonly has?: Readonly<Record<string, unknown>>
  /** Leaves that it must not have. */
  readonly lacks?: readonly string[]
  /** How `opencti.error` begins. */
  readonly error?: string
}

export interface Right {
  readonly events: readonly RightEvent[]
  /** Of docs/custom-opencti.md. */
  readonly difference: string
  /** What is wrong with the OpenCTI meanwhile; `gone`: nobody listens there. */
  readonly trouble?: Fault | 'gone'
  readonly options?: FaultOptions
}

const direct = (difference: string, more: Omit<RightEvent, 'type'> = {}): Right => ({
  difference,
  events: [{ type: 'indicator_pattern_match', has: { 'indicator.id': 'ind-1' }, ...more }],
})
const nothing = (difference: string): Right => ({ difference, events: [] })
const error = (difference: string, text: string): Right => ({
  difference,
  events: [{ type: 'error', error: text }],
})
const MALFORMED = 'Invalid Wazuh log structure: '

/** What is right where the script ended with status 1. */
export const RIGHT: Readonly<Record<string, Right>> = {
  sysmon3_garbage: nothing('no-address'),
  ids_all_private: nothing('no-address'),
  ids_no_ip: nothing('no-address'),
  ids_suricata_dns: nothing('no-address'),
  nogroups: nothing('no-groups'),
  syscheck_nomd5_hit: direct('no-digest', {
    has: { 'indicator.id': 'ind-1', 'source.file': '/etc/x' },
    lacks: ['source.md5'],
  }),
  file_obs_with_direct_plus_other: {
    difference: 'file',
    events: [
      { type: 'indicator_pattern_match', has: { 'indicator.id': 'ind-1' } },
      {
        type: 'observable_with_indicator',
        has: { id: 'obs-1', type: 'StixFile', name: 'eicar.com', size: 68, 'indicator.id': 'ind-2' },
      },
    ],
  },
  ind_valid_until_null: direct('nulls', { lacks: ['indicator.valid_until'] }),
  ind_score_null: direct('nulls', { lacks: ['indicator.x_opencti_score'] }),
  ind_confidence_null: direct('nulls', { lacks: ['indicator.confidence'] }),
  ind_labels_null: direct('nulls', { lacks: ['indicator.labels'] }),
  gql_errors_partial: {
    ...error('errors', 'OpenCTI API request failed: The search engine of OpenCTI could not answer'),
    trouble: 'graphql-error',
    options: { field: 'stixCyberObservables', code: 'DATABASE_ERROR' },
  },
  http_401_json: {
    ...error('errors', 'OpenCTI API request failed: The server refuses the token'),
    trouble: 'unauthorized',
  },
  http_200_empty: {
    ...error('errors', 'Failed to parse response from OpenCTI API: '),
    trouble: 'empty-body',
  },
  conn_refused: { ...error('errors', 'Failed to connect to the OpenCTI API: '), trouble: 'gone' },
  // The URL and the key of the call are not used.
  bad_url_scheme: nothing('arguments'),
  badjson: error('no-alert', `${MALFORMED}not JSON`),
  few_args: error('arguments', `${MALFORMED}the alert file is empty, or was not there`),
  missing_file: error('no-alert', `${MALFORMED}the alert file is empty, or was not there`),
}

/** Where the prefix of a run that ended well is another one here. */
export const OTHER_PREFIX: Readonly<
  Record<string, { readonly prefix: string; readonly difference: string }>
> = {
  agent_noip: { prefix: '1:[007] (a|:b) any->opencti:', difference: 'location' },
}

/** As the table in docs/custom-opencti.md has it: run, what the script did, what Tripline does, difference. */
export function rowOf({ name, observed }: RecordedRun): readonly string[] {
  const theirs = observed.queue_messages.map(({ event }) => typeOf(event))
  const right = RIGHT[name]
  const ours = right === undefined ? theirs : right.events.map(({ type }) => type)
  const difference = right?.difference ?? OTHER_PREFIX[name]?.difference
  return [
    name,
    observed.exit_code === 0 ? listed(theirs) : [...theirs, 'fails'].join(', '),
    listed(ours),
    difference ?? '',
  ]
}

function typeOf(event: Readonly<Record<string, unknown>>): string {
  return String((event['opencti'] as Readonly<Record<string, unknown>>)['event_type'])
}

function listed(types: readonly string[]): string {
  return types.length === 0 ? 'nothing' : types.join(', ')
}
