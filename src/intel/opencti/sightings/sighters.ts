import { LRUCache } from 'lru-cache'
import type { ComponentId } from '../../../core/indicator.ts'
import type { Store } from '../../../core/ports.ts'
import { createTurns } from '../../../core/turns.ts'
import type { OpenCtiClient } from '../api.ts'
import { isAtLeast, type OpenCtiVersion } from '../client/version.ts'
import { placeKey, type Place } from './place.ts'

/** What OpenCTI calls those who have seen something. */
export interface Sighters {
  /** Internal id, which is remembered; the object is made when there is none with this name. Rejects as the client does. */
  idOf(place: Place, signal: AbortSignal): Promise<string>
  /** The same, without what is remembered: somebody may have deleted the object. */
  renew(place: Place, signal: AbortSignal): Promise<string>
}

export interface SightersOptions {
  readonly id: ComponentId
  readonly client: Pick<OpenCtiClient, 'about' | 'addSecurityPlatform' | 'addSystem'>
  readonly store: Store
}

/** The first release with security platforms. */
const SECURITY_PLATFORMS: OpenCtiVersion = [6, 7, 0]
const REMEMBER_MS = 30 * 86_400_000
const MAX_REMEMBERED = 10_000

export function createSighters({ id, client, store }: SightersOptions): Sighters {
  const remembered = new LRUCache<string, string>({ max: MAX_REMEMBERED })
  // Two at once would both ask the server for the same one.
  const inTurn = createTurns()
  const storeKey = (place: Place): string => `sighting-place/${id}/${placeKey(place)}`

  async function recall(place: Place): Promise<string | undefined> {
    const [stored] = await Promise.allSettled([store.get(storeKey(place))])
    if (stored.status === 'rejected' || stored.value === undefined) return undefined
    return Buffer.from(stored.value).toString('utf8')
  }

  async function make({ kind, name }: Place, signal: AbortSignal): Promise<string> {
    if (kind === 'agent') return client.addSystem(name, signal)
    // A version that cannot be read is taken for a new one.
    const { parsed = SECURITY_PLATFORMS } = await client.about(signal)
    const isKnown = isAtLeast(parsed, SECURITY_PLATFORMS)
    return isKnown ? client.addSecurityPlatform(name, signal) : client.addSystem(name, signal)
  }

  async function ask(place: Place, signal: AbortSignal): Promise<string> {
    const made = await make(place, signal)
    remembered.set(placeKey(place), made)
    // The store tells its failures itself; at worst it is asked for again.
    await Promise.allSettled([store.set(storeKey(place), Buffer.from(made), REMEMBER_MS)])
    return made
  }

  return {
    idOf: (place, signal) =>
      inTurn(async () => {
        const known = remembered.get(placeKey(place)) ?? (await recall(place))
        if (known === undefined) return ask(place, signal)
        remembered.set(placeKey(place), known)
        return known
      }),
    renew: (place, signal) => inTurn(() => ask(place, signal)),
  }
}
