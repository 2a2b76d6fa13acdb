import { openCtiBaseUrl } from '../../../intel/opencti/client/base-url.ts'
import { createOpenCtiClient } from '../../../intel/opencti/client/client.ts'
import type { OpenCtiConfig } from '../../../intel/opencti/config.ts'
import { createAsk } from '../../../intel/opencti/online/ask.ts'
import type { Telemetry } from '../../../telemetry/telemetry.ts'
import { lookUpQuestions, type Question, type Talk } from './talk.ts'

interface OpenCtiTalkOptions {
  readonly id: string
  readonly config: OpenCtiConfig
  readonly telemetry: Telemetry
}

/** Throws CONFIG_INVALID as the client does. */
export function openOpenCtiTalk({ id, config, telemetry }: OpenCtiTalkOptions): Talk {
  const client = createOpenCtiClient({ config, provider: id, telemetry })
  const ask = createAsk({ client, provider: id, webUrl: openCtiBaseUrl(config.url), config, telemetry })
  const indicators: Question = {
    of: 'indicators',
    ask: (signal) => client.indicators({ first: 1 }, signal),
  }
  const streams: Question = {
    of: 'streams',
    ask: async (signal) => {
      await client.streams(signal)
      return { malformed: 0 }
    },
  }
  return {
    hello: async (signal) => {
      const { version } = await client.about(signal)
      await client.requireVersion(signal)
      return version
    },
    questions: [
      ...lookUpQuestions(ask, telemetry),
      ...(config.mode === 'online' ? [] : [indicators]),
      ...(config.mode !== 'online' && config.mirror.stream !== undefined ? [streams] : []),
    ],
    close: () => client.close(),
  }
}
