import {
  allowList,
  amount,
  feedList,
  list,
  mispUrl,
  text,
  trueOrFalse,
  wholeNumber,
  type ReadValue,
} from './environment-values.ts'

/** What happens when there is no component of the type that a variable is for, if not an error. */
export type WhenAbsent =
  /** The variable is checked and has no effect; a warning says so. */
  | 'warn'
  /** The component is made, with this id. */
  | { readonly create: string }

export interface EnvironmentVariable {
  readonly name: string
  /** The settings it stands for; `section[type].key` is the only component of that type. Several: for each. */
  readonly settings: readonly string[]
  readonly read: ReadValue
  /** As one would write it; absent when there is none, or when the default is that of another variable. */
  readonly initial?: string
  readonly doc: string
  /** May be given as a file, in `<name>_FILE`, and is never shown. */
  readonly secret?: true
  readonly whenAbsent?: WhenAbsent
  /** The variable that wins when both are set. */
  readonly yieldsTo?: string
}

/** Names of the processor that Tripline takes over from, with its units and defaults, so that its environment works. */
const TAKEN_OVER: readonly EnvironmentVariable[] = [
  {
    name: 'ALERTS_FILE',
    settings: ['sources[wazuh-file].files'],
    read: list,
    initial: '/var/ossec/logs/alerts/alerts.json',
    doc: 'Alert file to follow.',
    yieldsTo: 'ALERTS_FILES',
  },
  {
    name: 'ALERTS_FILES',
    settings: ['sources[wazuh-file].files'],
    read: list,
    doc: 'Alert files to follow, separated by commas.',
  },
  {
    name: 'SUPPRESSION_WINDOW_MINUTES',
    settings: ['suppress.matchWindow'],
    read: amount('m', 'minutes'),
    initial: '10',
    doc: 'A match is reported once within this time. 0 switches it off.',
  },
  {
    name: 'ALERT_DEDUP_TTL_MINUTES',
    settings: ['suppress.alertWindow'],
    read: amount('m', 'minutes'),
    initial: '30',
    doc: 'An alert is worked on once within this time. 0 switches it off.',
  },
  {
    name: 'LOG_FILE_PARSED',
    settings: ['sinks[parsed-log].path'],
    read: text,
    initial: '/var/log/misp-processor/ioc-parsed.log',
    doc: 'File for the observables of every alert.',
  },
  {
    name: 'LOG_FILE_MATCHED',
    settings: ['sinks[match-log].path'],
    read: text,
    initial: '/var/log/misp-processor/ioc-matched.log',
    doc: 'File for the matches.',
  },
  {
    name: 'LOG_ROTATION_SIZE_MB',
    settings: ['sinks[match-log].maxSize', 'sinks[parsed-log].maxSize'],
    read: amount('MiB', 'MiB'),
    initial: '1024',
    doc: 'The two files are rotated before they grow beyond this many MiB.',
  },
  {
    name: 'LOG_ROTATION_BACKUP_COUNT',
    settings: ['sinks[match-log].backups', 'sinks[parsed-log].backups'],
    read: wholeNumber,
    initial: '1',
    doc: 'How many rotated files are kept of each.',
  },
  {
    name: 'MISP_URL',
    settings: ['providers[misp].url'],
    read: mispUrl,
    doc: 'Base URL of the MISP. Makes the provider `misp`. An `/attributes/restSearch` at its end is dropped.',
    whenAbsent: { create: 'misp' },
  },
  {
    name: 'MISP_API_KEY',
    settings: ['providers[misp].apiKey'],
    read: text,
    doc: 'Automation key of a MISP user.',
    secret: true,
    whenAbsent: 'warn',
  },
  {
    name: 'MISP_SSL_VERIFY',
    settings: ['providers[misp].tlsVerify'],
    read: trueOrFalse,
    initial: 'true',
    doc: 'Verify the server certificate.',
    whenAbsent: 'warn',
  },
  {
    name: 'CACHE_TTL_HOURS',
    settings: ['providers[misp].cacheTtl'],
    read: amount('h', 'hours'),
    initial: '24',
    doc: 'How long an answer is kept.',
    whenAbsent: 'warn',
  },
  {
    name: 'RATE_LIMIT_SECONDS',
    settings: ['providers[misp].rateLimit'],
    read: amount('s', 'seconds'),
    initial: '0.01',
    doc: 'Least time between two requests.',
    whenAbsent: 'warn',
  },
  {
    name: 'BURST_LIMIT',
    settings: ['providers[misp].burstLimit'],
    read: wholeNumber,
    initial: '100',
    doc: 'Most requests in one burst window.',
    whenAbsent: 'warn',
  },
  {
    name: 'BURST_WINDOW',
    settings: ['providers[misp].burstWindow'],
    read: amount('s', 'seconds'),
    initial: '1.0',
    doc: 'Length of the burst window in seconds.',
    whenAbsent: 'warn',
  },
  {
    name: 'CIRCUIT_BREAKER_THRESHOLD',
    settings: ['providers[misp].breakerThreshold'],
    read: wholeNumber,
    initial: '5',
    doc: 'Failures in a row that open the breaker.',
    whenAbsent: 'warn',
  },
  {
    name: 'CIRCUIT_BREAKER_TIMEOUT',
    settings: ['providers[misp].breakerTimeout'],
    read: amount('s', 'seconds'),
    initial: '60',
    doc: 'Seconds an open breaker waits before a probe.',
    whenAbsent: 'warn',
  },
  {
    name: 'REDIS_HOST',
    settings: ['store[redis].host'],
    read: text,
    doc: 'Host name of the Redis server. Nodes with the same one share what they know.',
    whenAbsent: { create: 'redis' },
  },
  {
    name: 'REDIS_PORT',
    settings: ['store[redis].port'],
    read: wholeNumber,
    initial: '6379',
    doc: 'TCP port of the Redis server.',
    whenAbsent: 'warn',
  },
  {
    name: 'REDIS_DB',
    settings: ['store[redis].db'],
    read: wholeNumber,
    initial: '0',
    doc: 'Database number.',
    whenAbsent: 'warn',
  },
  {
    name: 'REDIS_USERNAME',
    settings: ['store[redis].username'],
    read: text,
    doc: 'ACL user of the Redis server.',
    whenAbsent: 'warn',
  },
  {
    name: 'REDIS_PASSWORD',
    settings: ['store[redis].password'],
    read: text,
    doc: 'Password of that user, else of the default user.',
    secret: true,
    whenAbsent: 'warn',
  },
  {
    name: 'REDIS_RETRY_ATTEMPTS',
    settings: ['store[redis].retryAttempts'],
    read: wholeNumber,
    initial: '999',
    doc: 'Attempts to connect at the start, with `whenDown: wait`; later they are made for ever.',
    whenAbsent: 'warn',
  },
  {
    name: 'REDIS_RETRY_DELAY',
    settings: ['store[redis].retryDelay'],
    read: amount('s', 'seconds'),
    initial: '2.0',
    doc: 'Seconds between connection attempts.',
    whenAbsent: 'warn',
  },
]

/** Names that `custom-opencti` has for its limits. */
const CUSTOM_OPENCTI: readonly EnvironmentVariable[] = [
  {
    name: 'REQUEST_TIMEOUT',
    settings: ['providers[opencti].timeout'],
    read: amount('s', 'seconds'),
    initial: '30',
    doc: 'Longest wait for one answer of OpenCTI.',
    whenAbsent: 'warn',
  },
  {
    name: 'MAX_RETRIES',
    settings: ['providers[opencti].retries'],
    read: wholeNumber,
    initial: '3',
    doc: 'How often a failed request to OpenCTI is tried again at once.',
    whenAbsent: 'warn',
  },
  {
    name: 'CONNECTION_POOL_SIZE',
    settings: ['providers[opencti].connections'],
    read: wholeNumber,
    initial: '2',
    doc: 'Requests to OpenCTI at a time.',
    whenAbsent: 'warn',
  },
  {
    name: 'MAX_IND_ALERTS',
    settings: ['sinks[wazuh-log].maxIndicatorEvents', 'sinks[wazuh-queue].maxIndicatorEvents'],
    read: wholeNumber,
    initial: '3',
    doc: 'Most events of one alert that tell an indicator of OpenCTI.',
    whenAbsent: 'warn',
  },
  {
    name: 'MAX_OBS_ALERTS',
    settings: ['sinks[wazuh-log].maxObservableEvents', 'sinks[wazuh-queue].maxObservableEvents'],
    read: wholeNumber,
    initial: '3',
    doc: 'Most events of one alert that tell an observable of OpenCTI.',
    whenAbsent: 'warn',
  },
]

const OWN: readonly EnvironmentVariable[] = [
  {
    name: 'TRIPLINE_CONFIG',
    settings: [],
    read: text,
    doc: 'Configuration file (YAML). `--config` wins.',
  },
  {
    name: 'TRIPLINE_STATE_DIR',
    settings: ['stateDir'],
    read: text,
    initial: '/var/lib/tripline',
    doc: 'Folder of everything that must survive a restart.',
  },
  {
    name: 'TRIPLINE_FEEDS',
    settings: ['providers[feed].feeds'],
    read: feedList,
    doc: 'Feed files and folders, separated by commas. Makes the provider `feeds` when there is no provider of type feed.',
    whenAbsent: { create: 'feeds' },
  },
  {
    name: 'TRIPLINE_START_AT',
    settings: ['sources[wazuh-file].startAt'],
    read: text,
    initial: 'checkpoint',
    doc: 'Where reading begins: `checkpoint`, `beginning` or `end`.',
  },
  {
    name: 'TRIPLINE_ALLOW',
    settings: ['policy.allow'],
    read: allowList,
    doc: 'What is never reported: addresses, networks, domains, URLs, e-mail addresses and hashes, separated by commas.',
  },
  {
    name: 'TRIPLINE_LOG_LEVEL',
    settings: ['log.level'],
    read: text,
    initial: 'info',
    doc: 'The least severe log lines that are written.',
  },
  {
    name: 'TRIPLINE_LOG_FORMAT',
    settings: ['log.format'],
    read: text,
    initial: 'auto',
    doc: '`json`, `text` or `auto`.',
  },
  {
    name: 'TRIPLINE_SHUTDOWN_DEADLINE',
    settings: ['shutdownDeadline'],
    read: text,
    initial: '10s',
    doc: 'Time from the first stop signal to the end of the process, with its unit.',
  },
]

/** Every variable Tripline reads. A variable that makes a component stands before those that adjust it. */
export const ENVIRONMENT: readonly EnvironmentVariable[] = [...TAKEN_OVER, ...CUSTOM_OPENCTI, ...OWN]
