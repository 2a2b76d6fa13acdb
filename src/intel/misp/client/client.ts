import { AppError } from '../../../core/errors.ts'
import type { ComponentId } from '../../../core/indicator.ts'
import type { Secret } from '../../../core/secret.ts'
import { platformEvents } from '../../../telemetry/events/platform.ts'
import type { Telemetry } from '../../../telemetry/telemetry.ts'
import { createHttpClient } from '../../http/client.ts'
import { readAnswer } from './answers.ts'
import type { MispClient } from '../api.ts'
import { mispBaseUrl } from './base-url.ts'
import type { AskMisp } from './calls/ask.ts'
import { eventIndex } from './calls/event-index.ts'
import { searchAttributes } from './calls/search.ts'
import { serverCalls } from './calls/server.ts'
import { sightingCalls } from './calls/sightings.ts'
import { warningListCalls } from './calls/warning-lists.ts'
import type { MispConfig } from '../config.ts'
import { createRoleLimit } from './role-limit.ts'

export interface MispClientOptions {
  readonly config: MispConfig
  readonly provider: ComponentId
  readonly telemetry: Telemetry
}

/** For clients whose name begins with MISP or PyMISP the server leaves out the blanks of its pretty printing. */
const USER_AGENT = 'MISP-Tripline'

/** Throws CONFIG_INVALID when `caFile` or a proxy of the environment is no good. Asks nothing yet. */
export function createMispClient({ config, provider, telemetry }: MispClientOptions): MispClient {
  const { clock } = telemetry
  const events = platformEvents(telemetry, provider)
  const roleLimit = createRoleLimit(clock)
  const http = createHttpClient({
    baseUrl: mispBaseUrl(config.url),
    connections: config.connections,
    timeoutMs: config.timeout,
    maxAnswerBytes: config.maxAnswerBytes,
    tlsVerify: config.tlsVerify,
    caFile: config.caFile,
    clock,
  })

  const ask: AskMisp = async ({ anonymous, ...request }, read, signal) => {
    const headers = (): Record<string, string> => ({
      accept: 'application/json',
      'content-type': 'application/json',
      'user-agent': USER_AGENT,
      ...(anonymous === true ? {} : { authorization: bareKey(config.apiKey) }),
    })
    const started = clock.monotonic()
    try {
      const answer = await http.request({ ...request, headers }, signal)
      roleLimit.see(answer.headers)
      const result = read({ json: readAnswer(answer), headers: answer.headers, at: clock.now() })
      events.requested('ok', answer.ms)
      return result
    } catch (error) {
      const outcome = error instanceof AppError ? error.code : signal.aborted ? 'aborted' : 'INTERNAL'
      events.requested(outcome, clock.monotonic() - started)
      throw error
    }
  }

  return {
    searchAttributes: searchAttributes(ask),
    eventIndex: eventIndex(ask),
    ...serverCalls(ask),
    ...warningListCalls(ask),
    ...sightingCalls(ask),
    limit: () => roleLimit.now(),
    close: () => http.close(),
  }
}

/** Blanks around it are harmless to MISP, a line break in it would not be to the header. */
function bareKey(key: Secret): string {
  const text = key.reveal().trim()
  if (/^[\x21-\x7e]+$/.test(text)) return text
  throw new AppError('PROVIDER_REFUSED', 'The key in the settings is no key of a MISP', {
    hint: 'A key has 40 letters and digits. Look for line breaks or foreign characters in it.',
  })
}
