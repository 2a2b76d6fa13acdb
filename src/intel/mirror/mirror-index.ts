import { createKeyHash, type KeyHash } from '../../canonical/key-hash.ts'
import type { Indicator } from '../../core/indicator.ts'
import type { ObservableType } from '../../core/observable.ts'
import type { AddressFamily } from './address-bits.ts'
import type { BlockStates } from './block-states.ts'
import { createNetworkTrie, type NetworkTrie } from './cidr.ts'
import { createShardedKeys, SHARDS } from './sharded-keys.ts'

/**
 * The searchable part of the mirror: hashes of values, and networks. Holds ordinals of all blocks, but gives only
 * those of live ones. One question at a time: `seek` sets the key that `seekMore` and `each` go on with.
 */
export interface MirrorIndex {
  add(indicator: Pick<Indicator, 'type' | 'value'>, ordinal: number): void
  /** Whether a live entry has the hash of these characters of a value. */
  seek(type: ObservableType, text: string, start: number, end: number): boolean
  /** Goes on from the last `seek`: whether a live entry has the hash of its characters and these together. */
  seekMore(text: string, start: number, end: number): boolean
  /** The live ordinals with the hash last sought. `visit` must not change or question the index. */
  each(visit: (ordinal: number) => void): void
  covering(family: AddressFamily, address: string, visit: (ordinal: number) => void): void
  /** Whether a live entry has this hash. */
  hasKey(low: number, high: number): boolean
  /** Whether a live network covers an address, given as `readAddress` writes it. */
  isCovered(family: AddressFamily, groups: Uint16Array): boolean
  /** Number of the parts that `rebuild` takes, from 0. */
  readonly parts: number
  /** Drops the dead entries of one part: short enough to be done between other work. */
  rebuild(part: number): void
}

export function createMirrorIndex(states: BlockStates, hash: KeyHash = createKeyHash()): MirrorIndex {
  const key = new Uint32Array(2)
  const keys = createShardedKeys(states)
  const networks = {
    ipv4: createNetworkTrie('ipv4', states.isDead),
    ipv6: createNetworkTrie('ipv6', states.isDead),
  } as const satisfies Record<AddressFamily, NetworkTrie>

  return {
    add: ({ type, value }, ordinal) => {
      if ((type === 'ipv4' || type === 'ipv6') && value.includes('/')) {
        networks[type].add(value, ordinal)
        return
      }
      hash.begin(type)
      hash.add(value, 0, value.length)
      hash.finish(key)
      keys.add(key, ordinal)
    },
    seek: (type, text, start, end) => {
      hash.begin(type)
      hash.add(text, start, end)
      hash.finish(key)
      return keys.has(key)
    },
    seekMore: (text, start, end) => {
      hash.add(text, start, end)
      hash.finish(key)
      return keys.has(key)
    },
    each: (visit) => keys.each(key, visit),
    covering: (family, address, visit) =>
      networks[family].covering(address, (ordinal) => {
        if (states.isLive(ordinal)) visit(ordinal)
      }),
    hasKey: (low, high) => {
      key[0] = low
      key[1] = high
      return keys.has(key)
    },
    isCovered: (family, groups) => {
      let covered = false
      networks[family].coveringGroups(groups, (ordinal) => {
        covered ||= states.isLive(ordinal)
      })
      return covered
    },
    parts: SHARDS + 2,
    rebuild: (part) => {
      if (part < SHARDS) keys.rebuild(part)
      else networks[part === SHARDS ? 'ipv4' : 'ipv6'].rebuild()
    },
  }
}
