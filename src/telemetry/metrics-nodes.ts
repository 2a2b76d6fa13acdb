/** Part of `METRICS`: turns of requests, and what nodes tell each other about them. */
export const RATE_METRICS = {
  lookup_rate_wait_seconds_total: {
    type: 'counter',
    help: 'Time requests waited for their turn, by whose limit it was: settings (those of the provider, of all nodes together where they share a store), server (what the platform said).',
    labels: ['provider', 'reason'],
    unit: 'seconds',
  },
  lookup_rate_refused_total: {
    type: 'counter',
    help: 'Requests that were not made, as they had to wait too long for their turn; their alerts are asked about later. Reasons as before.',
    labels: ['provider', 'reason'],
  },
  lookup_shared_rate_total: {
    type: 'counter',
    help: 'Requests by where their turn came from, where nodes share a store: shared, local (the store had no answer; the limits hold for this node alone then), damaged (a value in the store was begun anew).',
    labels: ['provider', 'outcome'],
  },
  lookup_breaker_hints_total: {
    type: 'counter',
    help: 'Hints between nodes that a provider cannot be asked: left, seen, confirmed (this node could not ask it either), damaged.',
    labels: ['provider', 'outcome'],
  },
} as const

/** Part of `METRICS`: the store that nodes share. */
export const SHARED_STORE_METRICS = {
  shared_store_up: {
    type: 'gauge',
    help: 'Whether the store that nodes share answers: 1, or 0. Absent where each node has its own.',
    labels: [],
    untilSet: 'absent',
  },
  shared_store_outages_total: {
    type: 'counter',
    help: 'Times the store that nodes share was lost, or not reached for another reason than before.',
    labels: [],
  },
  shared_store_forgotten_total: {
    type: 'counter',
    help: 'Writes of an outage that were not told to the shared store afterwards, as there were too many.',
    labels: [],
  },
  shared_store_journal_entries: {
    type: 'gauge',
    help: 'Writes of an outage that wait to be told to the shared store.',
    labels: [],
  },
} as const
