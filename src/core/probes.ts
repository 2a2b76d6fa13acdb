/**
 * What a search in the mirror asks for first, of many alerts one after the other: when nothing of it is there, nothing is found.
 * Flat, so that it can be made on another thread, where the mirror is not.
 */
export interface Probes {
  /** Key hashes (`canonical/key-hash.ts`), low half and high half in turn. */
  readonly keys: Uint32Array
  /** Addresses for which covering networks are sought, each its family (4 or 6) and its groups of 16 bits, 2 or 8. */
  readonly addresses: Uint16Array
}

/** The probes of one alert. */
export interface ProbeRange {
  readonly keys: readonly [start: number, end: number]
  readonly addresses: readonly [start: number, end: number]
}
