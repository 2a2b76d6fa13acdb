import { createRandom } from './generator/random.ts'

/** What the rate benchmark writes: alerts with observables of which a share was never seen before. */
export interface AlertStream {
  /** The next alert as a line without its end; `at` is when it is written, milliseconds. */
  next(at: number): string
  /** Values planted so far that the fake MISP knows, each once: the number of matches to expect. */
  planted(): number
}

export interface StreamOptions {
  readonly seed: number
  /** Share of observables that were never seen before, 0 to 1. */
  readonly fresh: number
  /** Every so many alerts carry a new value that the MISP knows. */
  readonly plantEvery: number
}

/** Every `planted` value the MISP has to know: more than any run writes. */
export const MAX_PLANTED = 50_000

/** A public address that nobody else in the stream has. */
export function plantedAddress(index: number): string {
  return `45.${128 + (index >>> 16)}.${(index >>> 8) & 255}.${index & 255}`
}

const POOL = 2000

export function createAlertStream({ seed, fresh, plantEvery }: StreamOptions): AlertStream {
  const random = createRandom(seed)
  let serial = 0
  let alerts = 0
  let planted = 0

  function number(): number {
    if (!random.chance(fresh)) return random.int(POOL)
    serial += 1
    return POOL + serial
  }

  /** Half addresses, the rest names, digests and URLs, as in the recorded alerts. */
  function fields(): Record<string, string> {
    const n = number()
    const kind = random.int(20)
    if (kind < 10) return { srcip: `91.${(n >>> 16) & 255}.${(n >>> 8) & 255}.${n & 255}` }
    if (kind < 14) return { queryName: `host${n}.zone${n % 977}.net` }
    if (kind < 17) return { sha256: n.toString(16).padStart(64, 'a') }
    return { url: `http://host${n}.zone${n % 977}.net/a/${n}` }
  }

  return {
    planted: () => planted,
    next: (at) => {
      alerts += 1
      const isPlanted = alerts % plantEvery === 0
      const data = isPlanted ? { srcip: plantedAddress(planted++) } : fields()
      return JSON.stringify({
        timestamp: new Date(at).toISOString().replace('Z', '+0000'),
        rule: { level: 5, description: 'Something was seen on the network', id: '31100', groups: ['web'] },
        agent: { id: String(alerts % 500).padStart(3, '0'), name: `agent-${alerts % 500}`, ip: '10.1.2.3' },
        manager: { name: 'manager' },
        id: `${Math.floor(at / 1000)}.${alerts}`,
        full_log: `GET / HTTP/1.1 200 1234 - event ${alerts} of this host and its usual long line of text`,
        decoder: { name: 'json' },
        data,
        location: '/var/log/nginx/access.log',
      })
    },
  }
}
