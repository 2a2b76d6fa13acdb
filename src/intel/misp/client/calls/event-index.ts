import { malformed } from '../answers.ts'
import type { EventIndex, MispClient } from '../../api.ts'
import { indexAnswer, indexEntry } from '../schema.ts'
import { serverTime, type AskMisp, type MispAnswer } from './ask.ts'

export function eventIndex(ask: AskMisp): MispClient['eventIndex'] {
  return async ({ publishedSince }, signal) => {
    const since = publishedSince === undefined ? {} : { publish_timestamp: publishedSince }
    const request = { method: 'POST', path: '/events/index', json: { minimal: 1, ...since } } as const
    return ask(request, indexOf, signal)
  }
}

/** Entries without id and UUID are left out: nothing can be asked about them. */
function indexOf({ json, headers }: MispAnswer): EventIndex {
  const entries = indexAnswer.safeParse(json).data
  if (entries === undefined) throw malformed('MISP answered a question for its events with something else')
  const time = serverTime(headers)
  return {
    events: entries.flatMap((entry) => indexEntry.safeParse(entry).data ?? []),
    ...(time === undefined ? {} : { serverTime: time }),
  }
}
