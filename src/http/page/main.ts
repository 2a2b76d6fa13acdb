import { createCharts } from './charts.ts'
import { byId } from './dom.ts'
import { initLookUp } from './look-up.ts'
import { createMatches } from './matches.ts'
import { initRecord } from './record.ts'
import { readHello, readMatches, readTick } from './schema.ts'
import { showSnapshot } from './tables.ts'
import { initTheme } from './theme.ts'
import type { Snapshot } from './wire.ts'

const charts = createCharts()
const matches = createMatches()
initTheme(() => charts.redraw())
initRecord()
initLookUp()
listen()

/** Follows the daemon; the browser connects again by itself, and is told all anew then. */
function listen(): void {
  const source = new EventSource('api/live')
  const on = (name: string, take: (data: string) => void): void =>
    source.addEventListener(name, (event: MessageEvent<string>) => {
      tellTrouble('')
      take(event.data)
    })
  on('hello', (data) => {
    const { points, snapshot, matches: rows } = readHello(data)
    charts.set(points)
    matches.set(rows)
    show(snapshot)
  })
  on('tick', (data) => {
    const { point, snapshot } = readTick(data)
    charts.add(point)
    show(snapshot)
  })
  on('matches', (data) => matches.add(readMatches(data)))
  on('full', () => tellTrouble('Too many of these pages are open: close one.'))
  source.addEventListener('error', () => {
    tellTrouble('Tripline does not answer. What is shown is from before.')
    // It was refused, as it is when the token has changed: the browser does not ask again by itself.
    if (source.readyState === EventSource.CLOSED) setTimeout(listen, 5000)
  })
}

function show(snapshot: Snapshot): void {
  showSnapshot(snapshot)
  matches.omitted(snapshot.omitted)
}

function tellTrouble(text: string): void {
  const place = byId('trouble')
  place.hidden = text === ''
  if (place.textContent !== text) place.textContent = text
}
