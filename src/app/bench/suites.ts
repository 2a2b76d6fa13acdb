import type { SuiteName } from './names.ts'
import type { SuiteResult } from './schema.ts'
import { compatibilitySuite } from './suites/compatibility.ts'
import type { SuiteContext } from './suites/context.ts'
import { performanceSuite } from './suites/performance.ts'
import { reliabilitySuite } from './suites/reliability.ts'
import { resourcesSuite } from './suites/resources.ts'
import { scalabilitySuite } from './suites/scalability.ts'

/** Every suite, by name. */
export const SUITES: Readonly<Record<SuiteName, (context: SuiteContext) => Promise<SuiteResult>>> = {
  compatibility: compatibilitySuite,
  performance: performanceSuite,
  scalability: scalabilitySuite,
  reliability: reliabilitySuite,
  resources: resourcesSuite,
}
