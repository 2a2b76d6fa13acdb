import { createMispClient } from '../../../intel/misp/client/client.ts'
import { mispBaseUrl } from '../../../intel/misp/client/base-url.ts'
import type { MispConfig } from '../../../intel/misp/config.ts'
import { createAsk } from '../../../intel/misp/online/ask.ts'
import type { Telemetry } from '../../../telemetry/telemetry.ts'
import { lookUpQuestions, type Question, type Talk } from './talk.ts'

interface MispTalkOptions {
  readonly id: string
  readonly config: MispConfig
  readonly telemetry: Telemetry
}

/** The list of events asked for is that of the last minute: next to nothing. */
const LATELY_SECONDS = 60

/** Throws CONFIG_INVALID as the client does. */
export function openMispTalk({ id, config, telemetry }: MispTalkOptions): Talk {
  const client = createMispClient({ config, provider: id, telemetry })
  const ask = createAsk({ client, provider: id, webUrl: mispBaseUrl(config.url), config, telemetry })
  const lists: Question = {
    of: 'warning-lists',
    ask: async (signal) => {
      await client.warningLists(signal)
      return { malformed: 0 }
    },
  }
  const events: Question = {
    of: 'events',
    ask: async (signal) => {
      const publishedSince = Math.floor(telemetry.clock.now() / 1000) - LATELY_SECONDS
      await client.eventIndex({ publishedSince }, signal)
      return { malformed: 0 }
    },
  }
  return {
    hello: async (signal) => {
      await client.heartbeat(signal)
      await client.me(signal)
      return (await client.version(signal)).version
    },
    questions: [
      ...lookUpQuestions(ask, telemetry),
      ...(config.warningLists ? [lists] : []),
      ...(config.mode === 'online' ? [] : [events]),
    ],
    close: () => client.close(),
  }
}
