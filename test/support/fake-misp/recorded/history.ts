import type { FakeMisp } from '../fake-misp.ts'
import type { FakeEventInput } from '../types.ts'

/** What was done on the server between the recorded exchanges. */
export interface Stage {
  /** Before the first exchange whose name begins so. */
  readonly before: string
  readonly act: (misp: FakeMisp, events: ReadonlyMap<number, FakeEventInput>) => Promise<void> | void
}

const add =
  (...ids: readonly number[]) =>
  (misp: FakeMisp, events: ReadonlyMap<number, FakeEventInput>): void => {
    for (const id of ids) {
      const event = events.get(id)
      if (event !== undefined) misp.addEvent(event)
    }
  }

const up = (misp: FakeMisp): void => misp.setFault(undefined)

/** Row ids of the event that showed how changes are seen (sync__*). */
const [DELETED, TAGGED, SWITCHED, HARD_DELETED] = ['100158', '100159', '100160', '100157']
const SYNC_EVENT = '127'

export const HISTORY: readonly Stage[] = [
  { before: 'include__wl_enforce_mixed', act: add(26) },
  { before: 'outage__db_down_', act: (misp) => misp.setFault('database-down') },
  { before: 'outage__live_false_', act: (misp) => misp.setFault('maintenance') },
  { before: 'outage__live_true_', act: up },
  { before: 'batch__', act: () => undefined },
  { before: 'sync__after_publish_', act: (misp, events) => {
      add(127)(misp, events)
    },
  },
]
