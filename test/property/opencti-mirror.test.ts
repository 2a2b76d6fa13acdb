import * as fc from 'fast-check'
import { expect, it } from 'vitest'
import { ADDRESSES, startHistory, type Change, type History } from '../support/opencti-history.ts'

const which = fc.nat({ max: 1000 })
const address = fc.nat({ max: ADDRESSES - 2 })
const change: fc.Arbitrary<Change> = fc.oneof(
  fc.record({
    kind: fc.constant('add'),
    address,
    second: fc.option(address, { nil: undefined, freq: 3 }),
  }),
  fc.record({ kind: fc.constant('move'), which, address }),
  fc.record({ kind: fc.constant('merge'), which, other: which }),
  {
    weight: 3,
    arbitrary: fc.record({
      kind: fc.constantFrom('rename', 'score', 'revoke', 'restore', 'delete'),
      which,
    }),
  },
)
const changes = fc.array(change, { minLength: 1, maxLength: 6 })

type Step =
  | { readonly kind: 'change' | 'cut and change'; readonly changes: readonly Change[] }
  /** In the middle of a load, if there is one. */
  | { readonly kind: 'gap' | 'restart'; readonly pages: number; readonly changes: readonly Change[] }
  | { readonly kind: 'fail'; readonly fault: (typeof FAULTS)[number]; readonly times: number }
  | { readonly kind: Simple }

type Simple =
  | 'breathe'
  | 'a page'
  | 'heartbeat'
  | 'minutes pass'
  | 'cut'
  | 'stop stream'
  | 'start stream'
  | 'stop server'
  | 'start server'
  | 'slow'
  | 'quick'

const FAULTS = ['graphql-error', 'data-null', 'html-502', 'forbidden', 'reset', 'truncated'] as const

const step: fc.Arbitrary<Step> = fc.oneof(
  { weight: 6, arbitrary: fc.record({ kind: fc.constantFrom('change', 'cut and change'), changes }) },
  {
    weight: 6,
    arbitrary: fc.record({
      kind: fc.constantFrom('gap', 'restart'),
      pages: fc.nat({ max: 3 }),
      changes,
    }),
  },
  {
    weight: 2,
    arbitrary: fc.record({
      kind: fc.constant('fail'),
      fault: fc.constantFrom(...FAULTS),
      times: fc.integer({ min: 1, max: 4 }),
    }),
  },
  { weight: 8, arbitrary: fc.record({ kind: fc.constantFrom<Simple>('breathe', 'a page', 'heartbeat') }) },
  {
    weight: 6,
    arbitrary: fc.record({
      kind: fc.constantFrom<Simple>(
        'minutes pass',
        'cut',
        'stop stream',
        'start stream',
        'stop server',
        'start server',
        'slow',
        'quick',
      ),
    }),
  },
)

const INDICATORS = /query Indicators/
/** Of one page: long enough for changes to come before it does. */
const SLOW_MS = 8
/** More than following goes back for safety. */
const LONG_MS = 3 * 60_000
const SETTLED_MS = 8000

async function play(steps: readonly Step[], history: History): Promise<void> {
  const { opencti } = history
  const doAll = (all: readonly Change[]): void => {
    for (const each of all) history.change(each)
  }
  const simple = simpleSteps(history)
  await simple.slow()
  for (const next of steps) {
    if (next.kind === 'fail')
      opencti.addFault(next.fault, { query: INDICATORS, times: next.times, code: 'DATABASE_ERROR' })
    else if ('pages' in next) {
      for (let page = 0; page < next.pages; page++) await simple['a page']()
      if (next.kind === 'restart') await history.restart(() => doAll(next.changes))
      else gap(history, () => doAll(next.changes))
    } else if ('changes' in next) {
      if (next.kind === 'cut and change') opencti.streams.cut()
      doAll(next.changes)
    } else await simple[next.kind]()
  }
}

/** Changes of which the stream knows nothing when it is connected again. */
function gap(history: History, changing: () => void): void {
  const { opencti, clock } = history
  opencti.streams.cut()
  changing()
  clock.pass(LONG_MS)
  history.change({ kind: 'rename', which: 0 })
  opencti.streams.trim(1)
}

function simpleSteps({ opencti, stream, ...history }: History): Readonly<Record<Simple, () => unknown>> {
  const pages = (): number => opencti.requests.filter(({ query = '' }) => INDICATORS.test(query)).length
  return {
    breathe: () => history.breathe(),
    'a page': async () => {
      const before = pages()
      for (let round = 0; round < 20 && pages() === before; round++) await history.breathe()
    },
    heartbeat: () => {
      history.heartbeat()
      return history.breathe()
    },
    'minutes pass': () => history.clock.pass(LONG_MS),
    cut: () => opencti.streams.cut(),
    'stop stream': () => opencti.stopStreamCollection(stream),
    'start stream': () => opencti.startStreamCollection(stream),
    'stop server': () => opencti.stop(),
    'start server': () => opencti.start(),
    slow: () => opencti.addFault('slow-first-byte', { query: INDICATORS, ms: SLOW_MS }),
    quick: () => opencti.setFault(undefined),
  }
}

/** All goes well again. */
async function repair(history: History): Promise<void> {
  const { opencti, stream } = history
  opencti.setFault(undefined)
  await opencti.start()
  opencti.startStreamCollection(stream)
  // Comes last, so that what is equal is not so by chance.
  history.change({ kind: 'add', address: ADDRESSES - 1, second: undefined })
}

const steps = fc.array(step, { minLength: 1, maxLength: 12 })
const rounds = fc.array(steps, { minLength: 1, maxLength: 3 })

it('the copy becomes what the server has, and fresh, whatever happens to both and between them', async () => {
  await fc.assert(
    fc.asyncProperty(rounds, async (all) => {
      const history = await startHistory()
      try {
        for (const each of all) {
          await play(each, history)
          await repair(history)
          await expect
            .poll(() => ({ held: history.held(), isFresh: history.isFresh() }), {
              timeout: SETTLED_MS,
              interval: 5,
            })
            .toEqual({ held: history.wanted(), isFresh: true })
        }
      } finally {
        await history.end()
      }
    }),
    // A failure depends on moments, and takes as long as is waited for: shorter histories are not looked for.
    { numRuns: 30, endOnFailure: true },
  )
})
