import { expect, it } from 'vitest'
import { manualClock } from '../../test/support/clock.ts'
import { recordedTelemetry } from '../../test/support/telemetry.ts'
import { AppError } from '../core/errors.ts'
import { copyEvents } from './events/copy.ts'
import { feedEvents } from './events/feed.ts'
import { httpEvents } from './events/http.ts'
import { lookupEvents } from './events/lookup.ts'
import { sourceEvents } from './events/source.ts'
import { spoolEvents } from './events/spool.ts'
import { createHealth } from './health.ts'
import { limitRepeats, type Telemetry } from './telemetry.ts'

const DOWN = new AppError('PROVIDER_UNREACHABLE', 'it refuses connections')
const OUTCOME = { loaded: 1, skipped: {}, samples: [], ms: 1 }
const GONE = { retryInMs: 1000, by: { remote: '::1', accepted: 0, rejected: 0 } }

interface Case {
  readonly what: string
  /** Each step tells something; beside it the state from then on. */
  readonly steps: readonly (readonly [(telemetry: Telemetry) => void, string])[]
}

/** The same events object all through a case, as components have it. */
function kept<Events>(make: (telemetry: Telemetry) => Events) {
  const made = new WeakMap<Telemetry, { readonly events: Events }>()
  return (tell: (events: Events) => void) => (telemetry: Telemetry) => {
    const known = made.get(telemetry) ?? { events: make(telemetry) }
    made.set(telemetry, known)
    tell(known.events)
  }
}

const lookup = kept((telemetry) => lookupEvents(telemetry, 'misp'))
const copy = kept((telemetry) =>
  copyEvents({ telemetry, provider: 'misp', limited: limitRepeats(telemetry) }),
)
const feed = kept((telemetry) => feedEvents(telemetry, 'feeds'))
const source = kept((telemetry) => sourceEvents(telemetry, 'wazuh'))
const spool = kept((telemetry) => spoolEvents(telemetry, 'spool'))
const http = kept((telemetry) => httpEvents(telemetry, 'http'))

const CASES: readonly Case[] = [
  {
    what: 'a breaker',
    steps: [
      [lookup((events) => events.breakerOpened(DOWN, GONE.retryInMs)), 'degraded'],
      [lookup((events) => events.breakerClosed(1000)), 'ok'],
    ],
  },
  {
    what: 'a copy',
    steps: [
      [copy((events) => events.waiting(60_000)), 'starting'],
      [copy((events) => events.goingWithout(60_000)), 'degraded'],
      [copy((events) => events.age(0)), 'ok'],
      [copy((events) => events.stale(86_400_000)), 'degraded'],
      [copy((events) => events.age(86_400_000)), 'degraded'],
      [copy((events) => events.age(100)), 'ok'],
    ],
  },
  {
    what: 'feeds that cannot be looked at',
    steps: [
      [feed((events) => events.waiting([{ feed: 'a', problem: 'gone' }], 1000)), 'starting'],
      [feed((events) => events.goingWithout([{ feed: 'a', problem: 'gone' }], 1000)), 'ok'],
      [feed((events) => events.looked(1)), 'degraded'],
      [feed((events) => events.looked(0)), 'ok'],
    ],
  },
  {
    what: 'feeds that cannot be loaded',
    steps: [
      [feed((events) => events.failed('a', { error: DOWN, outcome: OUTCOME, kept: true })), 'degraded'],
      [feed((events) => events.failed('b', { error: DOWN, outcome: OUTCOME, kept: true })), 'degraded'],
      [feed((events) => events.loaded('a', OUTCOME, false)), 'degraded'],
      [feed((events) => events.loaded('b', OUTCOME, false)), 'ok'],
    ],
  },
  {
    what: 'two files',
    steps: [
      [source((events) => events.missing('a')), 'failed'],
      [source((events) => events.started({ file: 'b', offset: 0 }, 'beginning')), 'failed'],
      [source((events) => events.started({ file: 'a', offset: 0 }, 'beginning')), 'ok'],
      [source((events) => events.unreadable('a', new AppError('SOURCE_UNREADABLE', 'no right'))), 'failed'],
    ],
  },
  {
    what: 'a spool',
    steps: [
      [spool((events) => events.stopped(4096)), 'failed'],
      [spool((events) => events.done(1)), 'ok'],
      [spool((events) => events.full(2, 1)), 'degraded'],
    ],
  },
  {
    what: 'alerts over HTTP',
    steps: [
      [http((events) => events.answered('unwritable', GONE.by)), 'failed'],
      [http((events) => events.answered('unauthorized', GONE.by)), 'failed'],
      [http((events) => events.answered('full', GONE.by)), 'degraded'],
      [http((events) => events.answered('accepted', GONE.by)), 'ok'],
    ],
  },
]

it.each(CASES)('events tell how it does: $what', ({ steps }) => {
  const clock = manualClock()
  const recorded = recordedTelemetry(clock)
  const health = createHealth(clock, recorded.metrics)
  const telemetry = { ...recorded, health }
  const states = steps.map(([tell]) => {
    tell(telemetry)
    return health.overall()
  })
  expect(states).toEqual(steps.map(([, state]) => state))
  expect(health.components()).toHaveLength(1)
})
