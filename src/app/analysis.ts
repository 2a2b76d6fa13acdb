import type { Config } from '../config/schema.ts'
import type { Clock } from '../core/clock.ts'
import type { IndicatorIndex } from '../core/ports.ts'
import { createExtractor, type Extract } from '../extract/extract.ts'
import { createLoopGuard, ownEventId } from '../extract/loop-guard.ts'
import { createAnalyser, type Analyse } from '../pipeline/analyse.ts'
import type { AlertPatterns } from '../pipeline/patterns.ts'
import type { Policy } from '../pipeline/policy.ts'
import { createAlertPatterns } from './patterns.ts'

export interface AnalysisParts {
  readonly index: IndicatorIndex
  readonly policy: Policy
  readonly clock: Clock
  /** Hears of own events that came back as alerts, by their ids. */
  readonly onOwn?: (eventId: string) => void
}

interface Analysing {
  /** Loop guard, extractor, mirror and policy as one function over an alert. */
  readonly analyse: Analyse
  /** For what is judged or examined otherwise: the same extractor, whose caches are the point. */
  readonly extract: Extract
  readonly patterns: AlertPatterns
}

export function createAnalysis(config: Config, { index, policy, clock, onOwn }: AnalysisParts): Analysing {
  const guard = createLoopGuard(config.extract.ignoreIntegrations)
  const extract = createExtractor(config.extract)
  const patterns = createAlertPatterns(extract)
  const analyse = createAnalyser({
    isOwn: (alert) => {
      const isOwn = guard.isOwn(alert)
      const eventId = isOwn && onOwn !== undefined ? ownEventId(alert) : undefined
      if (eventId !== undefined) onOwn?.(eventId)
      return isOwn
    },
    extract,
    index,
    policy,
    patterns,
    now: () => clock.now(),
  })
  return { analyse, patterns, extract }
}
