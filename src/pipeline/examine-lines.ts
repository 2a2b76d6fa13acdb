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
/**
 * Text for logs that is made ahead, of usual alerts a third of the block: where hostile ones have more, the sink makes the rest when it
 * writes it.
 */
const MAX_TEXT_SHARE = 2
const MAX_TEXT = 16 * 1024 * 1024

interface Lists {
  readonly starts: number[]
  readonly ends: number[]
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
    const maxText = Math.min(MAX_TEXT_SHARE * block.length, MAX_TEXT)
    const lists = newLists()
    for (let start = 0; start < block.length && lists.textLength <= maxText;) {
      const newline = block.indexOf(NEWLINE, start)
      const end = newline < 0 ? block.length : newline
      if (block[start] === BRACE && end - start <= maxLineBytes) {
        const digest = take(block.subarray(start, end), lists, parts)
        if (digest === undefined) giveBack(lists)
        else endEntry(lists, { start, end, digest })
      }
      start = end + 1
    }
    return flat(lists)
  }
}

/**
 * The digest of the alert of which the lists then have everything; undefined when it is not as usual. Errors are for who reads the line
 * anew: it tells them, and keeps the alert as a dead letter.
 */
function take(line: Buffer, lists: Lists, parts: ExamineParts): bigint | undefined {
  const { decode, isOwn, extract, parsedLine } = parts
  try {
    const alert = decode(line)
    if (alert === undefined || isOwn(alert)) return undefined
    const { observables, dropped } = extract(alert)
    if (dropped > 0) return undefined
    for (const observable of observables) takeObservable(observable, lists, parts)
    const text = observables.length === 0 ? undefined : parsedLine?.({ alert, observables })
    if (text !== undefined) {
      lists.texts.push(text)
      lists.textLength += text.length
    }
    return alert.digest
  } catch {
    return undefined
  }
}

function takeObservable(observable: Observable, lists: Lists, { policy, probe }: ExamineParts): void {
  const special = policy.exclusion(observable)
  if (special === undefined && observable.derived !== true) probe(observable, lists)
  const excluded = special ?? policy.holdsObservable(observable)
  lists.observables.push(observableCode(observable.type, excluded))
}

function newLists(): Lists {
  return {
    starts: [],
    ends: [],
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

interface Entry {
  readonly start: number
  readonly end: number
  readonly digest: bigint
}

function endEntry(lists: Lists, { start, end, digest }: Entry): void {
  lists.starts.push(start)
  lists.ends.push(end)
  lists.digests.push(digest)
  lists.keyEnds.push(lists.keys.length)
  lists.addressEnds.push(lists.addresses.length)
  lists.observableEnds.push(lists.observables.length)
  lists.textEnds.push(lists.textLength)
}

/** What a line has left in the lists that became no entry; of texts it leaves none. */
function giveBack(lists: Lists): void {
  lists.keys.length = lists.keyEnds.at(-1) ?? 0
  lists.addresses.length = lists.addressEnds.at(-1) ?? 0
  lists.observables.length = lists.observableEnds.at(-1) ?? 0
}

function flat(lists: Lists): LineFindings {
  return {
    starts: new Uint32Array(lists.starts),
    ends: new Uint32Array(lists.ends),
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
