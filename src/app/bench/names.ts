/** The suites, in the order they run: what cannot be asked is not measured. */
export const SUITE_NAMES = [
  'compatibility',
  'performance',
  'scalability',
  'reliability',
  'resources',
] as const
export type SuiteName = (typeof SUITE_NAMES)[number]

/** What each does, in a line. */
export const ABOUT: Readonly<Record<SuiteName, string>> = {
  compatibility: 'each provider: reach, TLS, authentication, version; each query and its answer',
  performance: 'time per alert, CPU, memory; one alert at a time',
  scalability: 'alerts and requests a second by alerts at a time',
  reliability: 'a sustained run: errors by kind, error rate',
  resources: 'peak memory, CPU, open files; whether memory grows',
}
