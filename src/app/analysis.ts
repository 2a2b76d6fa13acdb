import type { Config } from '../config/schema.ts'
import type { Clock } from '../core/clock.ts'
import type { IndicatorIndex } from '../core/ports.ts'
import { createExtractor } from '../extract/extract.ts'
import { createLoopGuard, ownMatchId } from '../extract/loop-guard.ts'
import { createAnalyser, type Analyse } from '../pipeline/analyse.ts'
import type { Policy } from '../pipeline/policy.ts'

export interface AnalysisParts {
  readonly index: IndicatorIndex
  readonly policy: Policy
  readonly clock: Clock
  /** Hears of own events that came back as alerts, by the ids of their matches. */
  readonly onOwn?: (matchId: string) => void
}

/** Loop guard, extractor, mirror and policy as one function over an alert. */
export function createAnalysis(config: Config, { index, policy, clock, onOwn }: AnalysisParts): Analyse {
  const guard = createLoopGuard(config.extract.ignoreIntegrations)
  return createAnalyser({
    isOwn: (alert) => {
      const isOwn = guard.isOwn(alert)
      const matchId = isOwn && onOwn !== undefined ? ownMatchId(alert) : undefined
      if (matchId !== undefined) onOwn?.(matchId)
      return isOwn
    },
    extract: createExtractor(config.extract),
    index,
    policy,
    now: () => clock.now(),
  })
}
