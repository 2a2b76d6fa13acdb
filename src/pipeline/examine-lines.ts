import type { Alert } from '../core/alert.ts'
import type { ParsedAlert } from '../core/match.ts'
import type { Observable } from '../core/observable.ts'
import type { AnalyserParts } from './analyse.ts'
import { observableCode, type LineFindings } from './line-findings.ts'
import type { Policy } from './policy.ts'

/** Never throws for what the lines hold. */
export type ExamineLines = (bytes: Uint8Array, maxLineBytes: number) => LineFindings

export interface ExamineParts extends Pick<AnalyserParts, 'isOwn' | 'extract'> {
  /** The alert of a line without its newline; undefined when there is none, several, or anything else than usual. */
  readonly decode: (line: Buffer) => Alert | undefined
  readonly policy: Pick<Policy, 'exclusion' | 'holdsObservable'>
  /** Writes down what a search for the observable asks the mirror first. */
  readonly probe: (observable: Observable, into: Pick<Lists, 'keys' | 'addresses'>) => void
  /** The line for logs of what was found in alerts; absent where there is no such log. */
  readonly parsedLine?: (parsed: ParsedAlert) => string | undefined
}

const NEWLINE = 0x0a
const BRACE = 0x7b

interface Lists {
  readonly ends: number[]
  readonly plain: number[]
  readonly digests: bigint[]
  readonly keys: number[]
  readonly keyEnds: number[]
  readonly addresses: number[]
  readonly addressEnds: number[]
  readonly observables: number[]
  readonly observableEnds: number[]
  readonly texts: string[]
  readonly textEnds: number[]
  textLength: number
}

/**
 * Everything about a block of lines that needs neither the mirror nor what was seen before: so it can be done on another thread.
 * Each alert is forgotten as soon as its entry is written.
 */
export function createExamineLines(parts: ExamineParts): ExamineLines {
  return (bytes, maxLineBytes) => {
    const block = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength)
    const lists = newLists()
    for (let start = 0; start < block.length;) {
      const newline = block.indexOf(NEWLINE, start)
      const end = newline < 0 ? block.length : newline
      const mayBePlain = block[start] === BRACE && end - start <= maxLineBytes
      const alert = mayBePlain ? plainAlert(block.subarray(start, end), parts) : undefined
      lists.ends.push(end)
      lists.plain.push(alert !== undefined && take(alert, lists, parts) ? 1 : 0)
      lists.digests.push(alert?.digest ?? 0n)
      endEntry(lists)
      start = end + 1
    }
    return flat(lists)
  }
}

/** Errors are for who reads the line anew: it tells them, and keeps the alert as a dead letter. */
function plainAlert(line: Buffer, { decode, isOwn }: ExamineParts): Alert | undefined {
  try {
    const alert = decode(line)
    return alert === undefined || isOwn(alert) ? undefined : alert
  } catch {
    return undefined
  }
}

function take(alert: Alert, lists: Lists, { extract, policy, probe, parsedLine }: ExamineParts): boolean {
  try {
    const { observables, dropped } = extract(alert)
    if (dropped > 0) return false
    for (const observable of observables) {
      const special = policy.exclusion(observable)
      if (special === undefined && observable.derived !== true) probe(observable, lists)
      lists.observables.push(observableCode(observable.type, special ?? policy.holdsObservable(observable)))
    }
    const line = observables.length === 0 ? undefined : parsedLine?.({ alert, observables })
    if (line !== undefined) {
      lists.texts.push(line)
      lists.textLength += line.length
    }
    return true
  } catch {
    return false
  }
}

function newLists(): Lists {
  return {
    ends: [],
    plain: [],
    digests: [],
    keys: [],
    keyEnds: [],
    addresses: [],
    addressEnds: [],
    observables: [],
    observableEnds: [],
    texts: [],
    textEnds: [],
    textLength: 0,
  }
}

function endEntry(lists: Lists): void {
  lists.keyEnds.push(lists.keys.length)
  lists.addressEnds.push(lists.addresses.length)
  lists.observableEnds.push(lists.observables.length)
  lists.textEnds.push(lists.textLength)
}

function flat(lists: Lists): LineFindings {
  return {
    ends: new Uint32Array(lists.ends),
    plain: new Uint8Array(lists.plain),
    digests: new BigUint64Array(lists.digests),
    keys: new Uint32Array(lists.keys),
    keyEnds: new Uint32Array(lists.keyEnds),
    addresses: new Uint16Array(lists.addresses),
    addressEnds: new Uint32Array(lists.addressEnds),
    observables: new Uint8Array(lists.observables),
    observableEnds: new Uint32Array(lists.observableEnds),
    text: lists.texts.join(''),
    textEnds: new Uint32Array(lists.textEnds),
  }
}
