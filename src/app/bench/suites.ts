import type { SuiteName, SuiteResult } from './schema.ts'
import { compatibilitySuite } from './suites/compatibility.ts'
import type { SuiteContext } from './suites/context.ts'
import { performanceSuite } from './suites/performance.ts'
import { reliabilitySuite } from './suites/reliability.ts'
import { resourcesSuite } from './suites/resources.ts'
import { scalabilitySuite } from './suites/scalability.ts'

interface Suite {
  /** In a line. */
  readonly about: string
  readonly run: (context: SuiteContext) => Promise<SuiteResult>
}

/** Every suite, by name. */
export const SUITES: Readonly<Record<SuiteName, Suite>> = {
  compatibility: {
    about: 'each provider: reach, TLS, authentication, version; each query and its answer',
    run: compatibilitySuite,
  },
  performance: { about: 'time per alert, CPU, memory; one alert at a time', run: performanceSuite },
  scalability: { about: 'alerts and requests a second by alerts at a time', run: scalabilitySuite },
  reliability: { about: 'a sustained run: errors by kind, error rate', run: reliabilitySuite },
  resources: { about: 'peak memory, CPU, open files; whether memory grows', run: resourcesSuite },
}
