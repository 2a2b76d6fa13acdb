import { byId, element, setRows } from './dom.ts'
import { bytes, count, duration, orDash, time } from './format.ts'
import type { Counted, ProviderRow, Snapshot, State } from './wire.ts'

const WORDS: Readonly<Record<State, string>> = {
  ok: 'all is well',
  starting: 'starting',
  degraded: 'works with a reservation',
  failed: 'something fails',
}

/** Everything of the page but charts and matches. */
export function showSnapshot(snapshot: Snapshot): void {
  const overall = byId('overall')
  overall.dataset['state'] = snapshot.state
  if (overall.textContent !== WORDS[snapshot.state]) overall.textContent = WORDS[snapshot.state]
  byId('about').textContent =
    `version ${snapshot.version}, up ${duration(Math.round((snapshot.at - snapshot.startedAt) / 1000))}`
  showFigures(snapshot)
  setRows(
    'components',
    snapshot.components.map(({ component, state, since, reason = '' }) => [
      component,
      stateCell(state),
      element('span', { class: 'short' }, time(since)),
      reason,
    ]),
  )
  setRows(
    'sources',
    snapshot.sources.map(({ id, alerts, position, lagBytes, lagSeconds }) => [
      id,
      count(alerts),
      orDash(position, bytes),
      lagBytes === null ? '–' : `${bytes(lagBytes)}, ${orDash(lagSeconds, duration)}`,
    ]),
    [1, 2, 3],
  )
  setRows('providers', snapshot.providers.map(providerCells), [2, 3, 5, 6, 7, 8, 9])
  setRows('suppressed', snapshot.suppressed.map(countedCells), [1])
  setRows('top-indicators', snapshot.topIndicators.map(countedCells), [1])
  setRows('top-agents', snapshot.topAgents.map(countedCells), [1])
}

function showFigures({ totals, memoryBytes }: Snapshot): void {
  const { lookups, cacheHits } = totals
  const rows: readonly (readonly [string, string])[] = [
    ['Alerts', count(totals.processed)],
    ['Matches', count(totals.matches)],
    ['Held back', count(totals.suppressed)],
    ['Duplicates', count(totals.duplicates)],
    ['Observables', count(totals.observables)],
    ['Look-ups', count(lookups)],
    ['From the cache', lookups === 0 ? '–' : `${count((100 * cacheHits) / lookups)} %`],
    ['Errors', count(totals.errors)],
    ['Memory', bytes(memoryBytes)],
  ]
  byId('figures').replaceChildren(
    ...rows.map(([name, value]) => element('div', {}, element('dt', {}, name), element('dd', {}, value))),
  )
}

function stateCell(state: State): Node {
  return element('strong', { data: { state } }, state)
}

function providerCells(row: ProviderRow): readonly (Node | string)[] {
  return [
    `${row.id} (${row.type})`,
    stateCell(row.state),
    count(row.indicators),
    orDash(row.mirrorAgeSeconds, duration),
    row.breaker === null
      ? '–'
      : element('span', { data: { state: row.breaker === 'open' ? 'failed' : 'ok' } }, row.breaker),
    count(row.requests),
    count(row.failures),
    orDash(row.median, duration),
    orDash(row.p95, duration),
    count(row.pending),
    row.tlsVerified ? '' : element('strong', { data: { state: 'failed' } }, 'not verified'),
  ]
}

function countedCells({ name, count: times }: Counted): readonly string[] {
  return [name, count(times)]
}
