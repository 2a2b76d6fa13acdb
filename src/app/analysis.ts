import type { Config } from '../config/schema.ts'
import type { Clock } from '../core/clock.ts'
import type { IndicatorIndex } from '../core/ports.ts'
import { createExtractor } from '../extract/extract.ts'
import { createLoopGuard } from '../extract/loop-guard.ts'
import { createAnalyser, type Analyse } from '../pipeline/analyse.ts'
import type { Policy } from '../pipeline/policy.ts'

/** Loop guard, extractor, mirror and policy as one function over an alert. */
export function createAnalysis(config: Config, index: IndicatorIndex, policy: Policy, clock: Clock): Analyse {
  const guard = createLoopGuard(config.extract.ignoreIntegrations)
  return createAnalyser({
    isOwn: (alert) => guard.isOwn(alert),
    extract: createExtractor(config.extract),
    index,
    policy,
    now: () => clock.now(),
  })
}
