import type { Writable } from 'node:stream'
import { isRecord, parseJson } from '../core/json.ts'
import { printable } from '../core/text.ts'

/** Keys of every log line that say nothing to whoever waits for a command to end. */
const UNSAID: ReadonlySet<string> = new Set(['level', 'time', 'msg'])

/** Takes log lines (JSON, one a call) and writes each as a sentence: `tripline: <message> (<key>: <value>, …)`. */
export function sentencesTo(stderr: Writable): { write(line: string): void } {
  return { write: (line) => void stderr.write(sentenceOf(line)) }
}

function sentenceOf(line: string): string {
  const entry = parseJson(line)
  if (!isRecord(entry)) return line
  const details = Object.entries(entry).flatMap(([key, value]) =>
    UNSAID.has(key) || (key === 'suppressed' && value === 0) ? [] : `${key}: ${wordsOf(value)}`,
  )
  const aside = details.length === 0 ? '' : ` (${details.join(', ')})`
  return `tripline: ${printable(`${wordsOf(entry['msg'])}${aside}`)}\n`
}

/** A list is told by its items, an object by what it holds. */
function wordsOf(value: unknown): string {
  if (Array.isArray(value)) return value.map(wordsOf).join('; ')
  if (!isRecord(value)) return String(value)
  return Object.entries(value)
    .map(([key, inner]) => `${key} ${wordsOf(inner)}`)
    .join(', ')
}
