import type { EpochMs } from '../core/alert.ts'
import type { Clock } from '../core/clock.ts'
import type { Telemetry } from './telemetry.ts'

/** From best to worst: of several aspects the worst is the component's state. */
export const HEALTH_STATES = ['ok', 'degraded', 'starting', 'failed'] as const
/** `degraded`: it works with a reservation, and no alert is held up. `failed`: alerts wait for it. */
export type HealthState = (typeof HEALTH_STATES)[number]

export interface ComponentHealth {
  /** `pipeline`, `store`, or kind and id: `source wazuh`, `provider misp`, `sink matches`. */
  readonly component: string
  readonly state: HealthState
  /** One sentence, without secrets; absent when the state is `ok`. */
  readonly reason?: string
  /** When it came to this state. */
  readonly since: EpochMs
}

/** What is known of each component. Fed by the named events, read by the probes and the status page. */
export interface Health {
  /** An aspect (`breaker`, `mirror` …) has a state of its own, so that one trouble does not hide another. */
  set(component: string, aspect: string, state: HealthState, reason?: string): void
  /** In the order in which they were first told of. */
  components(): readonly ComponentHealth[]
  /** The worst of all; `starting` when nothing was told of yet. */
  overall(): HealthState
}

interface Aspect {
  readonly state: HealthState
  readonly reason: string | undefined
}

interface Entry {
  readonly aspects: Map<string, Aspect>
  state: HealthState
  since: EpochMs
}

/** Reasons come from peers in part. */
const MAX_REASON = 300

export function createHealth(clock: Clock, metrics: Telemetry['metrics']): Health {
  const entries = new Map<string, Entry>()

  function tell(component: string, state: HealthState): void {
    for (const each of HEALTH_STATES)
      metrics.set('component_state', each === state ? 1 : 0, { component, state: each })
  }

  return {
    set: (component, aspect, state, reason) => {
      const entry = entries.get(component)
      const aspects = entry?.aspects ?? new Map<string, Aspect>()
      aspects.set(aspect, { state, reason: reason?.slice(0, MAX_REASON) })
      const worst = worstOf([...aspects.values()].map((each) => each.state))
      if (entry?.state === worst) return
      if (entry === undefined) entries.set(component, { aspects, state: worst, since: clock.now() })
      else Object.assign(entry, { state: worst, since: clock.now() })
      tell(component, worst)
    },
    components: () => [...entries].map(([component, entry]) => healthOf(component, entry)),
    overall: () =>
      entries.size === 0 ? 'starting' : worstOf([...entries.values()].map(({ state }) => state)),
  }
}

function healthOf(component: string, { aspects, state, since }: Entry): ComponentHealth {
  const told = [...aspects.values()].find((aspect) => aspect.state === state)
  const reason = state === 'ok' ? undefined : told?.reason
  return { component, state, since, ...(reason === undefined ? {} : { reason }) }
}

function worstOf(states: readonly HealthState[]): HealthState {
  return HEALTH_STATES.toReversed().find((state) => states.includes(state)) ?? 'ok'
}
