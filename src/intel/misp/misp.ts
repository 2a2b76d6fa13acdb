import { errorText } from '../../core/errors.ts'
import { OBSERVABLE_TYPES } from '../../core/observable.ts'
import type { IntelProvider, Notice, Store } from '../../core/ports.ts'
import { mispEvents, type MispFinding } from '../../telemetry/events/misp.ts'
import type { Telemetry } from '../../telemetry/telemetry.ts'
import type { MispClient } from './api.ts'
import { createMispClient } from './client/client.ts'
import type { MispConfig } from './config.ts'
import { inspectMisp } from './inspect.ts'
import { createMispMirror } from './mirror/mirror-sync.ts'
import { createMispOnline } from './online/online.ts'
import { createMispSightings } from './sightings/sightings.ts'

export interface MispProviderOptions {
  readonly id: string
  readonly config: MispConfig
  readonly telemetry: Telemetry
  readonly store: Store
  readonly stateDir: string
  onNotice?(notice: Notice): void
  /** Whether the server is there is not looked at: who asks hears of it. */
  readonly once?: true
}

/**
 * A MISP: asked online, copied, or both, after its `mode`. Throws CONFIG_INVALID when `caFile` or a proxy is no good; whether the
 * server is there is looked at in the background and told in the log.
 */
export function createMispProvider(options: MispProviderOptions): IntelProvider {
  const { id, config, telemetry } = options
  const { mode, sightings: sighting } = config
  const client = createMispClient({ config, provider: id, telemetry })
  const parts = { ...options, client }
  const closing = new AbortController()
  const looked = options.once === true ? undefined : lookAtServer(parts, closing.signal)
  const online = mode === 'mirror' ? undefined : createMispOnline(parts)
  const mirror = mode === 'online' ? undefined : createMispMirror(parts)
  const sightings = sighting.enabled ? createMispSightings(parts) : undefined
  return {
    id,
    types: new Set(OBSERVABLE_TYPES),
    ...(online === undefined
      ? {}
      : { lookup: online.lookup, answering: (signal) => online.answering(signal) }),
    ...(mirror === undefined ? {} : { changes: (signal) => mirror.changes(signal) }),
    // A mirror that is complete and up to date has nothing to learn online.
    ...(online === undefined || mirror === undefined
      ? {}
      : { asks: (_observable, known) => !known && mirror.state() !== 'fresh' }),
    ...(sightings === undefined ? {} : { report: (seen) => sightings.report(seen) }),
    close: async () => {
      closing.abort()
      await Promise.all([looked, online?.close(), mirror?.close(), sightings?.close()])
      await client.close()
    },
  }
}

interface Looked extends MispProviderOptions {
  readonly client: MispClient
}

/** A key that expires, or a role that was changed, is seen within a day. */
const LOOK_EVERY_MS = 86_400_000
/** After a look that found an error: the server may have been down. */
const LOOK_AGAIN_MS = 600_000

/**
 * At start and from time to time; the same is not told twice in a row. Never rejects, and nobody waits for it: a server that
 * is down must not keep alerts from being read.
 */
async function lookAtServer(parts: Looked, signal: AbortSignal): Promise<void> {
  const { id, telemetry } = parts
  const events = mispEvents(telemetry, id)
  let told = new Set<string>()
  while (!signal.aborted) {
    const findings = await findingsOf(parts, signal)
    if (signal.aborted) return
    const before = told
    events.looked(findings.filter(({ text }) => !before.has(text)))
    told = new Set(findings.map(({ text }) => text))
    const failed = findings.some(({ level }) => level === 'error')
    await telemetry.clock.sleep(failed ? LOOK_AGAIN_MS : LOOK_EVERY_MS, signal)
  }
}

async function findingsOf(
  { id, config, telemetry, client }: Looked,
  signal: AbortSignal,
): Promise<readonly MispFinding[]> {
  try {
    return await inspectMisp({ provider: id, config, telemetry, client, signal })
  } catch (error) {
    return [{ level: 'error', text: errorText(error) }]
  }
}
