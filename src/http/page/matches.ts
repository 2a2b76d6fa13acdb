import { button, byId, element, inputById } from './dom.ts'
import { count, time } from './format.ts'
import { showRecord } from './record.ts'
import type { MatchRow } from './wire.ts'

/** Rows that are drawn; more are kept, and found by the filter. */
const MAX_DRAWN = 200
/** As many as a daemon keeps at most. */
const MAX_KEPT = 5000

export interface Matches {
  /** Replaces all; the newest last. */
  set(rows: readonly MatchRow[]): void
  add(rows: readonly MatchRow[]): void
  /** Matches that came too many at once to be sent. */
  omitted(matches: number): void
}

interface State {
  readonly body: HTMLElement
  readonly filter: HTMLInputElement
  all: readonly MatchRow[]
  /** New ones while it is paused; undefined when it is not. */
  held: readonly MatchRow[] | undefined
  omitted: number
}

/** The list of matches: the newest first, live until it is paused. A drawn row stays the same element, and keeps the focus. */
export function createMatches(): Matches {
  const state: State = {
    body: byId('matches'),
    filter: inputById('filter'),
    all: [],
    held: undefined,
    omitted: 0,
  }
  const pause = byId('pause')
  state.filter.addEventListener('input', () => drawAll(state))
  pause.addEventListener('click', () => {
    const waiting = state.held
    state.held = waiting === undefined ? [] : undefined
    pause.setAttribute('aria-pressed', String(waiting === undefined))
    take(state, waiting ?? [])
  })
  return {
    set: (rows) => {
      state.all = rows
      if (state.held !== undefined) state.held = []
      drawAll(state)
    },
    add: (rows) => {
      const last = (state.held?.at(-1) ?? state.all.at(-1))?.key ?? 0
      const fresh = rows.filter(({ key }) => key > last)
      if (state.held === undefined) return take(state, fresh)
      state.held = [...state.held, ...fresh].slice(-MAX_KEPT)
      tellCount(state)
    },
    omitted: (matches) => {
      if (matches === state.omitted) return
      state.omitted = matches
      tellCount(state)
    },
  }
}

function drawAll(state: State): void {
  const rows = shown(state).slice(-MAX_DRAWN).toReversed()
  state.body.replaceChildren(...rows.map((row) => rowElement(row)))
  tellCount(state)
}

function take(state: State, rows: readonly MatchRow[]): void {
  state.all = [...state.all, ...rows].slice(-MAX_KEPT)
  for (const row of rows.filter((each) => fits(each, state.filter.value))) {
    const made = rowElement(row)
    made.classList.add('fresh')
    state.body.prepend(made)
  }
  while (state.body.children.length > MAX_DRAWN) state.body.lastElementChild?.remove()
  tellCount(state)
}

function tellCount(state: State): void {
  const { all, held = [], omitted, filter } = state
  const found = shown(state).length
  const words = [
    filter.value === '' ? matchesText(all.length) : `${count(found)} of ${matchesText(all.length)}`,
    ...(found > MAX_DRAWN ? [`the newest ${MAX_DRAWN} are shown`] : []),
    ...(held.length > 0 ? [`${count(held.length)} new`] : []),
    ...(omitted > 0 ? [`${count(omitted)} came too fast to be listed, and stand in the match log`] : []),
  ]
  byId('matches-count').textContent = words.join('; ')
}

function matchesText(number: number): string {
  return number === 1 ? '1 match' : `${count(number)} matches`
}

function shown({ all, filter }: State): readonly MatchRow[] {
  return all.filter((row) => fits(row, filter.value))
}

/** Every word has to be somewhere in the row. */
function fits(row: MatchRow, words: string): boolean {
  const { type, value, kind, via, providers, agent, ruleId, description, id } = row
  const text = [type, value, kind, via, ...providers, agent, ruleId, description, id].join(' ').toLowerCase()
  return words
    .toLowerCase()
    .split(/\s+/)
    .every((word) => text.includes(word))
}

function rowElement(row: MatchRow): HTMLTableRowElement {
  const open = button(row.value, () => void showRecord(row.key))
  open.setAttribute('aria-haspopup', 'dialog')
  return element(
    'tr',
    {},
    element('td', {}, time(row.at)),
    element('td', {}, open, ' ', element('span', { class: 'quiet' }, row.type)),
    element('td', { class: 'short' }, row.kind),
    element('td', {}, row.providers.join(', ')),
    element('td', {}, row.agent),
    element('td', {}, `${row.ruleId} (${row.level}) ${row.description}`),
  )
}
