import type { Clock } from '../../../core/clock.ts'
import { AppError } from '../../../core/errors.ts'
import type { ComponentId } from '../../../core/indicator.ts'
import type { Secret } from '../../../core/secret.ts'
import { openCtiEvents } from '../../../telemetry/events/opencti.ts'
import type { Telemetry } from '../../../telemetry/telemetry.ts'
import { createHttpClient, type HttpClient } from '../../http/client.ts'
import type { OpenCtiClient } from '../api.ts'
import type { OpenCtiConfig } from '../config.ts'
import { readData } from './answers.ts'
import type { AskOpenCti } from './ask.ts'
import { openCtiBaseUrl } from './base-url.ts'
import { indicatorCalls } from './calls/indicators.ts'
import { lookupCalls } from './calls/lookup.ts'
import { serverCalls } from './calls/server.ts'
import { sightingCalls } from './calls/sightings.ts'

export interface OpenCtiClientOptions {
  readonly config: OpenCtiConfig
  readonly provider: ComponentId
  readonly telemetry: Telemetry
}

/** Stable: OpenCTI 7 limits by address and user agent, and lets administrators exempt one. */
const USER_AGENT = 'Tripline'

/** Throws CONFIG_INVALID when `caFile` or a proxy of the environment is no good. Asks nothing yet. */
export function createOpenCtiClient({ config, provider, telemetry }: OpenCtiClientOptions): OpenCtiClient {
  const { clock } = telemetry
  const events = openCtiEvents(telemetry, provider)
  const http = httpOf(config, config.connections, clock)

  const ask: AskOpenCti = async ({ operation, document, variables = {} }, read, signal) => {
    const started = clock.monotonic()
    try {
      const answer = await http.request(
        {
          method: 'POST',
          path: '/graphql',
          json: { operationName: operation, query: document, variables },
          headers: () => openCtiHeaders(config.token),
        },
        signal,
      )
      const result = read(readData(answer))
      events.requested('ok', answer.ms)
      return result
    } catch (error) {
      const outcome = error instanceof AppError ? error.code : signal.aborted ? 'aborted' : 'INTERNAL'
      events.requested(outcome, clock.monotonic() - started)
      throw error
    }
  }

  return {
    ...serverCalls(ask, () => clock.monotonic()),
    ...lookupCalls(ask),
    ...indicatorCalls(ask),
    ...sightingCalls(ask),
    ask,
    close: () => http.close(),
  }
}

/** For the live stream, which must not take a connection from the look-ups. */
export function createStreamHttp({ config, telemetry }: Omit<OpenCtiClientOptions, 'provider'>): HttpClient {
  return httpOf(config, 1, telemetry.clock)
}

function httpOf(config: OpenCtiConfig, connections: number, clock: Clock): HttpClient {
  return createHttpClient({
    baseUrl: openCtiBaseUrl(config.url),
    connections,
    timeoutMs: config.timeout,
    maxAnswerBytes: config.maxAnswerBytes,
    tlsVerify: config.tlsVerify,
    caFile: config.caFile,
    clock,
  })
}

/** An empty draft takes the request out of any draft the user works in; cookies are never sent. */
export function openCtiHeaders(token: Secret): Record<string, string> {
  return {
    accept: 'application/json',
    'content-type': 'application/json',
    'user-agent': USER_AGENT,
    'opencti-draft-id': '',
    authorization: `Bearer ${bareToken(token)}`,
  }
}

function bareToken(token: Secret): string {
  const text = token.reveal().trim()
  if (/^[\x21-\x7e]+$/.test(text)) return text
  throw new AppError('PROVIDER_REFUSED', 'The token in the settings is no token of an OpenCTI', {
    hint: 'Look for line breaks or foreign characters in it.',
  })
}
