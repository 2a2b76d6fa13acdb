import type { ServerResponse } from 'node:http'
import type { MatchRow, Hello, Tick } from './page/wire.ts'

/** The pages that are open, and what they are sent: server-sent events (HTML standard, 9.2). */
export interface Live {
  /** False when so many are open that no further one is served. */
  join(response: ServerResponse, hello: Hello): boolean
  tick(tick: Tick): void
  matches(rows: readonly MatchRow[]): void
  open(): number
  /** Ends all. */
  close(): void
}

const MAX_PAGES = 16
/** What may wait for a page that does not read; it comes again by itself and is told all anew. */
const MAX_WAITING_BYTES = 2 * 1024 ** 2
/** How long a page waits until it comes again, milliseconds. */
const RETRY_MS = 3000

export function createLive(): Live {
  const pages = new Set<ServerResponse>()

  return {
    join: (page, hello) => {
      if (pages.size >= MAX_PAGES) return false
      pages.add(page)
      page.once('close', () => pages.delete(page))
      page.on('error', () => page.destroy())
      page.write(`retry: ${RETRY_MS}\n\n`)
      send(page, 'hello', hello)
      return true
    },
    tick: (tick) => pages.forEach((page) => send(page, 'tick', tick)),
    matches: (rows) => pages.forEach((page) => send(page, 'matches', rows)),
    open: () => pages.size,
    close: () => pages.forEach((page) => page.end()),
  }
}

function send(page: ServerResponse, event: string, data: unknown): void {
  if (page.writableLength > MAX_WAITING_BYTES) {
    page.destroy()
    return
  }
  page.write(eventText(event, data))
}

/** JSON has no line ends of its own. */
function eventText(event: string, data: unknown): string {
  return `event: ${event}\ndata: ${JSON.stringify(data)}\n\n`
}
