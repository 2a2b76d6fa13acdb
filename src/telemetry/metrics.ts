import { RATE_METRICS, SHARED_STORE_METRICS } from './metrics-nodes.ts'

export interface MetricSpec {
  readonly type: 'counter' | 'gauge' | 'histogram'
  readonly help: string
  readonly labels: readonly string[]
  readonly unit?: 'bytes' | 'seconds' | 'milliseconds'
  /** Histograms: upper bounds. */
  readonly buckets?: readonly number[]
  /** A gauge without labels that says nothing before it is set: it is not 0 until then, but absent. */
  readonly untilSet?: 'absent'
}

/** Every metric of Tripline. Names follow Prometheus' rules; the prefix `tripline_` is added on registration. */
export const METRICS = {
  alerts_read_total: { type: 'counter', help: 'Alerts read and parsed.', labels: ['source'] },
  lines_skipped_total: {
    type: 'counter',
    help: 'Lines that gave no alert: malformed, too_long, blank, fragment, not_object.',
    labels: ['source', 'reason'],
  },
  lines_repaired_total: {
    type: 'counter',
    help: 'Lines read in spite of a fault: invalid_utf8, glued, unterminated, zeros (bytes 0 before the line).',
    labels: ['source', 'reason'],
  },
  bytes_read_total: {
    type: 'counter',
    help: 'Bytes read from alert files, uncompressed.',
    labels: ['source'],
    unit: 'bytes',
  },
  file_rotations_total: {
    type: 'counter',
    help: 'Rotations seen: swap, truncate.',
    labels: ['source', 'reason'],
  },
  file_losses_total: {
    type: 'counter',
    help: 'Alert files of which something was taken away unread: gone (the one read last), gap (parts of a day missing), truncated, damaged.',
    labels: ['source', 'reason'],
  },
  source_lag_bytes: {
    type: 'gauge',
    help: 'Bytes in the file that are not read yet.',
    labels: ['source'],
    unit: 'bytes',
  },
  source_lag_seconds: {
    type: 'gauge',
    help: 'Age of the alert read last, while there is more to read; 0 when all is read.',
    labels: ['source'],
    unit: 'seconds',
  },
  source_position_bytes: {
    type: 'gauge',
    help: 'Offset in the file up to which all is done: read, matched and delivered.',
    labels: ['source'],
    unit: 'bytes',
  },
  batch_seconds: {
    type: 'histogram',
    help: 'Time from reading a batch of alerts until everything found in it is delivered.',
    labels: ['source'],
    unit: 'seconds',
    buckets: [0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 60],
  },
  match_delay_seconds: {
    type: 'histogram',
    help: 'Time from the timestamp of an alert until its match is delivered; matches that waited for a provider are left out.',
    labels: [],
    unit: 'seconds',
    buckets: [0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60, 300, 3600],
  },
  spool_files: {
    type: 'gauge',
    help: 'Files in a spool that are not done yet.',
    labels: ['source'],
  },
  spool_files_passed_over: {
    type: 'gauge',
    help: 'Files in a spool that can neither be read nor set aside: no permission, or a name that is not UTF-8.',
    labels: ['source'],
  },
  spool_files_failed_total: {
    type: 'counter',
    help: 'Files of a spool that gave no alert and were set aside: empty, not_json, not_object, too_large, not_file.',
    labels: ['source', 'reason'],
  },
  spool_files_removed_total: {
    type: 'counter',
    help: 'Files of a spool that were removed unread: failed_limit (set aside, and too many), stale (never finished).',
    labels: ['source', 'reason'],
  },
  alerts_incomplete_total: {
    type: 'counter',
    help: 'Alerts of a spool without id, rule or agent.',
    labels: ['source'],
  },
  http_requests_total: {
    type: 'counter',
    help: 'Requests of a source of type http, by outcome: accepted, no_alert, unauthorized, not_found, wrong_method, too_large, wrong_type, damaged, cut, full, unwritable, stopping, failed.',
    labels: ['source', 'outcome'],
  },
  http_alerts_accepted_total: {
    type: 'counter',
    help: 'Alerts taken over HTTP: on the disk, and answered with 200.',
    labels: ['source'],
  },
  http_alerts_rejected_total: {
    type: 'counter',
    help: 'Parts of requests that gave no alert: malformed, not_object, too_long, no_alert_inside.',
    labels: ['source', 'reason'],
  },
  http_waiting_alerts: {
    type: 'gauge',
    help: 'Alerts taken over HTTP that are not done yet.',
    labels: ['source'],
  },
  http_waiting_bytes: {
    type: 'gauge',
    help: 'Space they take on the disk.',
    labels: ['source'],
    unit: 'bytes',
  },
  http_bad_requests_total: {
    type: 'counter',
    help: 'Connections on which no whole request came, by status: 400 (not HTTP), 408 (too slow), 431 (headers too large).',
    labels: ['source', 'status'],
  },
  http_connections_refused_total: {
    type: 'counter',
    help: 'Connections closed at once, as there were `maxConnections`.',
    labels: ['source'],
  },
  alerts_dropped_total: {
    type: 'counter',
    help: 'Alerts that did no work: duplicate, own_alert (caused by this or another threat-intelligence integration), failed (an error of Tripline; kept as a dead letter).',
    labels: ['reason'],
  },
  alerts_processed_total: {
    type: 'counter',
    help: 'Alerts that went through extraction and matching.',
    labels: [],
  },
  observables_total: { type: 'counter', help: 'Observables extracted, by type.', labels: ['type'] },
  observables_excluded_total: {
    type: 'counter',
    help: 'Observables never looked up, by reason.',
    labels: ['reason'],
  },
  batches_in_flight: {
    type: 'gauge',
    help: 'Batches of alerts that are read and not acknowledged.',
    labels: ['source'],
  },
  line_blocks_total: {
    type: 'counter',
    help: 'Blocks of lines that were examined while there was a backlog, by thread: main, helper.',
    labels: ['thread'],
  },
  repeats_forgotten_total: {
    type: 'counter',
    help: 'Repeats of matches whose count had to make room in memory before it was told; the matches themselves are reported.',
    labels: [],
  },
  matches_total: { type: 'counter', help: 'Matches reported, by kind.', labels: ['kind'] },
  matches_suppressed_total: {
    type: 'counter',
    help: 'Matches not reported: window (repeat within the window), or the reason they are held back for.',
    labels: ['reason'],
  },
  indicators: { type: 'gauge', help: 'Indicators in the mirror.', labels: ['provider'] },
  feed_loads_total: {
    type: 'counter',
    help: 'Feed files read: ok, failed, left_out (a file in a feed folder that is no feed).',
    labels: ['provider', 'outcome'],
  },
  feed_lines_skipped_total: {
    type: 'counter',
    help: 'Feed entries not understood.',
    labels: ['provider', 'reason'],
  },
  mirror_bodies_lost_total: {
    type: 'counter',
    help: 'Indicator bodies that could not be read back.',
    labels: [],
  },
  lookups_total: {
    type: 'counter',
    help: 'Observables looked up online, by answer: hit, miss, unanswered.',
    labels: ['provider', 'answer'],
  },
  lookup_values_total: {
    type: 'counter',
    help: 'Values looked up online, with parent domains and forms of URLs, by where the answer came from: cache, stale, online, unanswered.',
    labels: ['provider', 'from'],
  },
  lookup_cache_errors_total: {
    type: 'counter',
    help: 'Remembered answers that could not be used or kept: read, write, damaged.',
    labels: ['provider', 'reason'],
  },
  lookup_answers_not_stored_total: {
    type: 'counter',
    help: 'Answers that are remembered in memory only: full (`cacheStored`), slow (the store does not keep up).',
    labels: ['provider', 'reason'],
  },
  provider_requests_total: {
    type: 'counter',
    help: 'Requests to a provider, by outcome: ok, aborted, or the code of the error.',
    labels: ['provider', 'outcome'],
  },
  provider_request_seconds: {
    type: 'histogram',
    help: 'Time of a request to a provider.',
    labels: ['provider'],
    unit: 'seconds',
    buckets: [0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30],
  },
  provider_rows_dropped_total: {
    type: 'counter',
    help: 'Rows of answers that were not used: not_asked (another value), unsupported_type, malformed, not_a_value, filtered (deleted, unpublished or without `to_ids`, although not asked for).',
    labels: ['provider', 'reason'],
  },
  provider_breaker_open: {
    type: 'gauge',
    help: 'Whether the provider is not asked because it failed too often: 0 or 1.',
    labels: ['provider'],
  },
  ...RATE_METRICS,
  pending_alerts: {
    type: 'gauge',
    help: 'Alerts that wait because a provider could not be asked.',
    labels: ['provider'],
  },
  pending_bytes: {
    type: 'gauge',
    help: 'Space they take, packed.',
    labels: ['provider'],
    unit: 'bytes',
  },
  pending_age_seconds: {
    type: 'gauge',
    help: 'How long the oldest of them waits.',
    labels: ['provider'],
    unit: 'seconds',
  },
  pending_dropped_total: {
    type: 'counter',
    help: 'Alerts that were given up before they were answered: limit, age, damaged, unanswerable (more about a value than is read). They are kept as dead letters.',
    labels: ['provider', 'reason'],
  },
  matches_delayed_total: {
    type: 'counter',
    help: 'Matches reported late, because the provider could not be asked.',
    labels: ['provider'],
  },
  mirror_syncs_total: {
    type: 'counter',
    help: 'Rounds of bringing a mirror up to date, by outcome: ok, failed.',
    labels: ['provider', 'outcome'],
  },
  mirror_events: { type: 'gauge', help: 'Events in the mirror.', labels: ['provider'] },
  mirror_objects: {
    type: 'gauge',
    help: 'STIX indicators in the mirror whose pattern can match.',
    labels: ['provider'],
  },
  mirror_changes_total: {
    type: 'counter',
    help: 'Changes of STIX indicators that a stream or a poll told of.',
    labels: ['provider'],
  },
  mirror_age_seconds: {
    type: 'gauge',
    help: 'Time since the mirror was up to date.',
    labels: ['provider'],
    unit: 'seconds',
  },
  warning_list_entries: {
    type: 'gauge',
    help: 'Entries of warning-lists in use.',
    labels: ['source'],
  },
  sightings_total: {
    type: 'counter',
    help: 'Sightings by what became of them: sent, spared (seen before in the interval, or counted with another), refused, dropped.',
    labels: ['provider', 'outcome'],
  },
  sightings_queued: { type: 'gauge', help: 'Sightings that wait to be sent.', labels: ['provider'] },
  sink_records_total: { type: 'counter', help: 'Records written.', labels: ['sink'] },
  sink_errors_total: { type: 'counter', help: 'Failed writes, each tried again.', labels: ['sink'] },
  sink_waiting_seconds: {
    type: 'gauge',
    help: 'How long the oldest delivery waits for a sink that is required, and does not accept it; 0: it accepts.',
    labels: ['sink'],
    unit: 'seconds',
  },
  sink_buffer_deliveries: {
    type: 'gauge',
    help: 'Deliveries that wait in memory for a sink that is not required.',
    labels: ['sink'],
  },
  sink_buffer_bytes: {
    type: 'gauge',
    help: 'Memory they take, about.',
    labels: ['sink'],
    unit: 'bytes',
  },
  sink_dropped_total: {
    type: 'counter',
    help: 'Matches and parsed alerts that a sink which is not required did not get: limit (of its buffer), disabled (it can never write again), stopped (left at the end).',
    labels: ['sink', 'reason'],
  },
  dead_letters_total: {
    type: 'counter',
    help: 'Dead letters written: analysis (examining the alert failed), age, limit, damaged, unanswerable (of alerts that waited for an answer), refused (a record that cannot be written), dropped (by a sink that is not required).',
    labels: ['reason'],
  },
  dead_letters_dropped_total: {
    type: 'counter',
    help: 'Dead letters that are not kept: limit (removed to make room), memory (too many waited for the disk), stopped.',
    labels: ['reason'],
  },
  dead_letters_bytes: { type: 'gauge', help: 'Space dead letters take.', labels: [], unit: 'bytes' },
  dead_letters_oldest_timestamp_seconds: {
    type: 'gauge',
    help: 'When the oldest dead letter was written, in seconds since 1970; 0: there is none.',
    labels: [],
    unit: 'seconds',
  },
  sink_rotations_total: { type: 'counter', help: 'Output files rotated.', labels: ['sink'] },
  queue_events_total: {
    type: 'counter',
    help: 'Events for Wazuh by what became of them: sent, sent_again, refused (too long, or no event), damaged, confirmed, unconfirmed.',
    labels: ['sink', 'outcome'],
  },
  queue_waiting_events: { type: 'gauge', help: 'Events that wait to be sent to Wazuh.', labels: ['sink'] },
  queue_waiting_bytes: {
    type: 'gauge',
    help: 'Space they take.',
    labels: ['sink'],
    unit: 'bytes',
  },
  queue_waiting_age_seconds: {
    type: 'gauge',
    help: 'How long the oldest of them waits.',
    labels: ['sink'],
    unit: 'seconds',
  },
  ...SHARED_STORE_METRICS,
  store_errors_total: { type: 'counter', help: 'State operations that failed.', labels: ['operation'] },
  component_state: {
    type: 'gauge',
    help: 'State of a component: 1 for the one it is in of ok, degraded, starting, failed.',
    labels: ['component', 'state'],
  },
  status_requests_total: {
    type: 'counter',
    help: 'Requests for metrics, health and the status page, by HTTP status.',
    labels: ['status'],
  },
  status_connections_refused_total: {
    type: 'counter',
    help: 'Connections to the status page closed at once, as there were `http.maxConnections`.',
    labels: [],
  },
  status_matches_omitted_total: {
    type: 'counter',
    help: 'Matches that the status page does not show, as too many came at once or no record of them can be made. They are reported all the same.',
    labels: [],
  },
  log_lines_suppressed_total: {
    type: 'counter',
    help: 'Log lines held back because they repeat.',
    labels: [],
  },
} as const satisfies Record<string, MetricSpec>

export type MetricName = keyof typeof METRICS
