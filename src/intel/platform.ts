import { OBSERVABLE_TYPES } from '../core/observable.ts'
import type { ChangeSet, IntelProvider, Sighting } from '../core/ports.ts'
import { lookNowAndThen, type LookOptions } from './look.ts'
import type { OnlineLookup } from './lookup/online.ts'
import type { MirrorStatus } from './mirror/status.ts'

/** The parts of a provider that is a server: what its mode and settings leave out is undefined. */
export interface PlatformParts {
  readonly id: string
  readonly online: OnlineLookup | undefined
  readonly mirror: PlatformMirror | undefined
  readonly sightings: PlatformSightings | undefined
  /** How the server is looked at, at start and daily; undefined for a command, which hears of troubles itself. */
  readonly look: LookOptions | undefined
  /** Ends the connections; called after everything that uses them. */
  readonly closeClients: () => Promise<unknown>
}

interface PlatformMirror {
  changes(signal: AbortSignal): AsyncIterable<ChangeSet>
  state(): MirrorStatus['state']
  close(): Promise<void>
}

interface PlatformSightings {
  report(seen: readonly Sighting[]): Promise<void>
  close(): Promise<void>
}

export function platformProvider(parts: PlatformParts): IntelProvider {
  const { id, online, mirror, sightings, look } = parts
  const closing = new AbortController()
  const looked = look === undefined ? undefined : lookNowAndThen(look, closing.signal)
  return {
    id,
    types: new Set(OBSERVABLE_TYPES),
    ...(online === undefined
      ? {}
      : { lookup: online.lookup, answering: (signal) => online.answering(signal) }),
    ...(mirror === undefined ? {} : { changes: (signal) => mirror.changes(signal) }),
    // While a mirror is complete and up to date nothing is asked online. What an OpenCTI knows only through an observable
    // (`based-on`, related) is missed then: to ask for it, every value would have to be told to the server.
    ...(online === undefined || mirror === undefined
      ? {}
      : { asks: (_observable, known) => !known && mirror.state() !== 'fresh' }),
    ...(sightings === undefined ? {} : { report: (seen) => sightings.report(seen) }),
    close: async () => {
      closing.abort()
      await Promise.all([looked, online?.close(), mirror?.close(), sightings?.close()])
      await parts.closeClients()
    },
  }
}
