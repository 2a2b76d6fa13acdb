import type { Store } from '../../core/ports.ts'

/** What nodes share: which matches were reported, or are just being reported, and what providers answered. */
const SHARED = ['match/', 'claim/', 'lookup/'] as const

/** Keys that nodes share lie in `shared`; all else belongs to this node and lies in `own`. `close` closes both. */
export function splitStore(own: Store, shared: Store): Store {
  const storeOf = (key: string): Store => (SHARED.some((prefix) => key.startsWith(prefix)) ? shared : own)
  return {
    get: (key) => storeOf(key).get(key),
    set: (key, value, ttlMs) => storeOf(key).set(key, value, ttlMs),
    claim: (key, ttlMs) => storeOf(key).claim(key, ttlMs),
    delete: (key) => storeOf(key).delete(key),
    scan: (prefix) => storeOf(prefix).scan(prefix),
    count: (prefix) => storeOf(prefix).count(prefix),
    ...(shared.peers === undefined ? {} : { peers: shared.peers }),
    close: async () => {
      await shared.close()
      await own.close()
    },
  }
}
