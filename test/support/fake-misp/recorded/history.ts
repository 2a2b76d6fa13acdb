import type { FakeMisp } from '../fake-misp.ts'
import type { FakeAttributeInput, FakeEventInput } from '../types.ts'

type Events = ReadonlyMap<number, FakeEventInput>

/** What was done on the server between the recorded exchanges, by hands that were not recorded. */
export interface Stage {
  /** Before the first exchange whose name begins so. */
  readonly before: string
  readonly act: (misp: FakeMisp, events: Events) => Promise<void> | void
}

export const HISTORY: readonly Stage[] = [
  { before: 'include__wl_enforce_mixed', act: (misp, events) => addEvent(misp, events, 26, [152, 153]) },
  { before: 'sightings__getversion_', act: removeStray },
  { before: 'ratelimit__', act: (misp) => searchAsLimited(misp, 1) },
  { before: 'ratelimit__restsearch_19', act: (misp) => searchAsLimited(misp, 16) },
  { before: 'outage__db_down_', act: (misp) => misp.setFault('database-down') },
  { before: 'outage__live_false_', act: (misp) => misp.setFault('maintenance') },
  { before: 'outage__live_true_', act: (misp) => misp.setFault(undefined) },
  { before: 'auth__cookie_', act: addGenerated },
  { before: 'sync__after_publish_', act: (misp, events) => addEvent(misp, events, 127) },
  {
    before: 'sync__after_delete_',
    act: (misp) => at(misp, 1_795_297_288, () => misp.deleteAttribute('100158')),
  },
  {
    before: 'sync__after_attribute_tag_',
    act: (misp) => at(misp, 1_795_297_291, () => misp.editAttribute('100159', { tags: ['tlp:green'] })),
  },
  {
    before: 'sync__after_event_tag_',
    act: (misp) => at(misp, 1_795_297_293, () => misp.tagEvent('127', ['tlp:green'], { publish: true })),
  },
  {
    before: 'sync__after_to_ids_off_',
    act: (misp) => at(misp, 1_795_297_296, () => misp.editAttribute('100160', { to_ids: false })),
  },
  { before: 'sync__after_unpublish_', act: (misp) => misp.unpublish('127') },
  { before: 'sync__before_event_delete', act: (misp, events) => addEvent(misp, events, 128) },
  {
    before: 'sync__after_event_delete_',
    act: (misp) => {
      misp.deleteEvent('128')
      misp.deleteAttribute('100157', 'hard')
    },
  },
  { before: 'escape__', act: addEscaped },
]

/** Rows that no answer shows, but that the sightings of an empty string counted. */
export const UNSEEN: Readonly<Record<number, FakeAttributeInput>> = {
  4: { id: 76, type: 'domain', value: 'unseen-76.example', distribution: 0 },
  8: { id: 96, type: 'port', value: '65000', deleted: true, objectId: 2, objectRelation: 'dst-port' },
}

/** Events of the first hour; the others come in the course of the recording. */
export const isFirst = ({ id = 0 }: FakeEventInput): boolean => id < 26

function addEvent(misp: FakeMisp, events: Events, id: number, rows?: readonly number[]): void {
  const event = events.get(id)
  if (event === undefined) return
  const attributes = rowsOf(event).filter((row) => rows?.includes(row.id ?? 0) !== false)
  misp.addEvent({ ...event, published: true, attributes })
}

function rowsOf({ attributes }: FakeEventInput): Exclude<FakeEventInput['attributes'], { count: number }> {
  return 'count' in attributes ? [] : attributes
}

/** Of the 100,000 generated attributes those that an answer shows. */
function addGenerated(misp: FakeMisp, events: Events): void {
  for (const [id, event] of events) if (id > 26 && id < 127) misp.addEvent(event)
}

function addEscaped(misp: FakeMisp, events: Events): void {
  const event = events.get(26)
  if (event === undefined) return
  misp.addAttributes(
    '26',
    rowsOf(event).filter(({ id = 0 }) => id > 100_164),
  )
}

/** Not all searches of the limited role were kept. */
async function searchAsLimited(misp: FakeMisp, times: number): Promise<void> {
  for (let n = 0; n < times; n += 1) {
    const answer = await fetch(`${misp.url}/attributes/restSearch/value:nothing.example`, {
      headers: { Authorization: misp.keys.limited, Accept: 'application/json' },
    })
    await answer.text()
  }
}

/** The sightings that an empty string and a blank had put on everything were cleared away. */
function removeStray({ instance }: FakeMisp): void {
  for (let id = 45; id <= 322; id += 1) instance.sightings.remove(id)
}

function at(misp: FakeMisp, seconds: number, act: () => void): void {
  misp.setNow(seconds)
  act()
}
