import { EXCLUSIONS, OBSERVABLE_TYPES, type Exclusion, type ObservableType } from '../core/observable.ts'
import type { ProbeRange, Probes } from '../core/probes.ts'

/**
 * What was found in a block of lines, in flat arrays that cross threads at little cost: an entry for each line of which this tells
 * everything, if the mirror has none of its probes. All lines between are to be read anew. `…Ends` tell where the parts of an entry
 * end; they begin where those of the entry before end.
 */
export interface LineFindings extends Probes {
  /** Where the lines begin, and where their newlines stand. */
  readonly starts: Uint32Array
  readonly ends: Uint32Array
  /** `Alert.digest`. */
  readonly digests: BigUint64Array
  readonly keyEnds: Uint32Array
  readonly addressEnds: Uint32Array
  /** A byte for each observable, `observableCode`. */
  readonly observables: Uint8Array
  readonly observableEnds: Uint32Array
  /** The lines for logs of what was found, one after the other without their ends; empty where there is no such log. */
  readonly text: string
  readonly textEnds: Uint32Array
}

/** Type in the lower half, in the upper half why it is not looked up: 0 when it is. */
export function observableCode(type: ObservableType, excluded: Exclusion | undefined): number {
  const reason = excluded === undefined ? 0 : EXCLUSIONS.indexOf(excluded) + 1
  return (reason << 4) | OBSERVABLE_TYPES.indexOf(type)
}

export function fromObservableCode(code: number): {
  readonly type: ObservableType | undefined
  readonly excluded: Exclusion | undefined
} {
  return { type: OBSERVABLE_TYPES[code & 0xf], excluded: EXCLUSIONS[(code >> 4) - 1] }
}

/** Where the parts of an entry stand. */
export function partOf(ends: Uint32Array, entry: number): readonly [start: number, end: number] {
  return [entry === 0 ? 0 : (ends[entry - 1] ?? 0), ends[entry] ?? 0]
}

export function probeRangeOf({ keyEnds, addressEnds }: LineFindings, entry: number): ProbeRange {
  return { keys: partOf(keyEnds, entry), addresses: partOf(addressEnds, entry) }
}
