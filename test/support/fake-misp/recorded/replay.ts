import { request } from 'node:http'
import type { FakeMisp } from '../fake-misp.ts'
import { startFakeMisp } from '../fake-misp.ts'
import type { FakeEventInput, KeyName } from '../types.ts'
import { KEY_NAMES } from '../types.ts'
import type { Given } from './compare.ts'
import { difference } from './compare.ts'
import type { Exchange } from './exchanges.ts'
import { readExchanges } from './exchanges.ts'
import { HISTORY, isFirst, UNSEEN } from './history.ts'
import { reconstruct } from './reconstruct.ts'

export interface Replayed {
  readonly exchange: Exchange
  /** Undefined: the fake answers as the real server did. */
  readonly difference: string | undefined
}

/** Asks the fake all that the real server was asked, in the same order, on the same database as far as it is known. */
export async function replay(): Promise<readonly Replayed[]> {
  const exchanges = readExchanges()
  const { events: shown, warningLists } = reconstruct(exchanges)
  const events = shown.map(withUnseen)
  const byId = new Map(events.map((event) => [event.id ?? 0, event]))
  const misp = await startFakeMisp({ events: events.filter(isFirst), recordRequests: false })
  for (const list of warningLists) misp.addWarningList(list)
  const pending = [...HISTORY]
  const replayed: Replayed[] = []
  try {
    for (const exchange of exchanges) {
      const due = pending.findIndex(({ before }) => exchange.name.startsWith(before))
      misp.setNow(exchange.at)
      for (const stage of due < 0 ? [] : pending.splice(due, 1)) await stage.act(misp, byId)
      misp.setNow(exchange.at)
      replayed.push({ exchange, difference: difference(exchange, await ask(misp, exchange)) })
    }
  } finally {
    await misp.close()
  }
  return replayed
}

function withUnseen(event: FakeEventInput): FakeEventInput {
  const row = UNSEEN[event.id ?? 0]
  return row === undefined || 'count' in event.attributes
    ? event
    : { ...event, attributes: [...event.attributes, row] }
}

/** Names of the recording that the fake calls otherwise. */
const RENAMED: Readonly<Record<string, KeyName>> = { expkey: 'expired', futurekey: 'expiring' }

function withKeys(text: string, misp: FakeMisp): string {
  return text
    .replace('<SESSION>', 'session')
    .replace(/<AUTHKEY:(\w+)(, letter case swapped)?>/g, (_, name: string, swapped: string | undefined) => {
      const known = RENAMED[name] ?? KEY_NAMES.find((each) => each === name)
      const key = known === undefined ? 'Z'.repeat(40) : misp.keys[known]
      return swapped === undefined ? key : key.toUpperCase()
    })
}

async function ask(misp: FakeMisp, { method, path, headers, body }: Exchange): Promise<Given> {
  const { hostname, port } = new URL(misp.url)
  const sent = headers.flatMap(([name, value]) => [name, withKeys(value, misp)])
  const length = body === undefined ? [] : ['Content-Length', String(body.length)]
  return new Promise((resolve, reject) => {
    const outgoing = request({
      hostname,
      port,
      method,
      path,
      headers: [...sent, ...length, 'Host', `${hostname}:${port}`],
    })
    outgoing.on('error', reject)
    outgoing.on('response', (answer) => {
      const chunks: Buffer[] = []
      answer.on('data', (chunk: Buffer) => chunks.push(chunk))
      answer.on('error', reject)
      answer.on('end', () => {
        const found = Object.entries(answer.headers).map(([name, value]) => [name, String(value)] as const)
        resolve({
          status: answer.statusCode ?? 0,
          headers: new Map(found),
          body: Buffer.concat(chunks).toString(),
        })
      })
    })
    outgoing.end(body)
  })
}
