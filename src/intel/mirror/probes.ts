import { createKeyHash } from '../../canonical/key-hash.ts'
import type { Observable } from '../../core/observable.ts'
import { ADDRESS_GROUPS, readAddress } from './address-bits.ts'
import { createFind, type SearchedIndex } from './find.ts'

/** Takes what a search asks for first. */
export interface ProbeLists {
  readonly keys: number[]
  readonly addresses: number[]
}

/**
 * Writes down the first questions of `find` for an observable. It is `find` itself, over an index that has nothing: with an index
 * that says no to all of these it asks no others, and finds nothing.
 */
export function createProbing(): (observable: Observable, into: ProbeLists) => void {
  const hash = createKeyHash()
  const key = new Uint32Array(2)
  const groups = new Uint16Array(ADDRESS_GROUPS.ipv6)
  let lists: ProbeLists = { keys: [], addresses: [] }

  function note(): false {
    hash.finish(key)
    lists.keys.push(key[0] ?? 0, key[1] ?? 0)
    return false
  }
  const index: SearchedIndex = {
    seek: (type, text, start, end) => {
      hash.begin(type)
      hash.add(text, start, end)
      return note()
    },
    seekMore: (text, start, end) => {
      hash.add(text, start, end)
      return note()
    },
    each: () => undefined,
    covering: (family, address) => {
      if (!readAddress(family, address, groups)) return
      lists.addresses.push(family === 'ipv4' ? 4 : 6)
      for (let at = 0; at < ADDRESS_GROUPS[family]; at += 1) lists.addresses.push(groups[at] ?? 0)
    },
  }
  const find = createFind({ index, body: () => undefined })
  return (observable, into) => {
    lists = into
    find(observable)
  }
}
