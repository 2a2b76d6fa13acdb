import type { Alert } from '../core/alert.ts'
import { jsonLine } from '../core/text.ts'
import { agentOf, ruleOf } from '../core/wazuh5.ts'
import type { MatchRecord } from './schema.ts'

/**
 * What the records of one alert hold of it as a whole, all together. An alert of 50 KB may have a thousand matches: with the
 * alert in each, whoever writes such alerts could fill the log and turn it over at will.
 */
const MAX_WHOLE_BYTES = 4 * 1024 ** 2

type Omission = NonNullable<MatchRecord['full_alert_omitted']>

/** An object of an alert as JSON. */
interface Encoded {
  readonly text: string
  readonly bytes: number
}

/** The parts of an alert that stand in its records as they are, each written when it is first asked for. */
export interface AlertText {
  /** `rule` and `agent`; undefined when they have more than `maxBytes` together or cannot be written. */
  context(
    maxBytes: number,
  ): { readonly rule: string; readonly agent: string; readonly bytes: number } | undefined
  /** The whole alert, or why it is left out. What is given is counted: ask once for each record. */
  whole(maxBytes: number): { readonly text: string } | { readonly omitted: Omission }
}

/**
 * Gives the same texts for the same alert asked for again: its matches come one after the other, and a large alert takes
 * milliseconds to write. Make one for each delivery; only the last alert is kept.
 */
export function createAlertTexts(): (alert: Alert) => AlertText {
  let last: { readonly alert: Alert; readonly text: AlertText } | undefined
  return (alert) => {
    if (last?.alert !== alert) last = { alert, text: textOf(alert) }
    return last.text
  }
}

function textOf(alert: Alert): AlertText {
  const rule = once(() => encode(ruleOf(alert.body)))
  const agent = once(() => encode(agentOf(alert.body)))
  const body = once(() => encode(alert.body))
  let given = 0
  return {
    context: (maxBytes) => {
      const [first, second] = [rule(), agent()]
      if (first === undefined || second === undefined) return undefined
      const bytes = first.bytes + second.bytes
      return bytes > maxBytes ? undefined : { rule: first.text, agent: second.text, bytes }
    },
    whole: (maxBytes) => {
      const encoded = body()
      if (encoded === undefined) return { omitted: { reason: 'nesting' } }
      const { text, bytes } = encoded
      if (bytes > maxBytes) return { omitted: { reason: 'size', bytes } }
      if (given + bytes > MAX_WHOLE_BYTES) return { omitted: { reason: 'repeated', bytes } }
      given += bytes
      return { text }
    },
  }
}

function once<Value>(compute: () => Value): () => Value {
  let known: { readonly value: Value } | undefined
  return () => (known ??= { value: compute() }).value
}

/** Undefined for what is nested deeper than can be written: an alert of brackets alone. */
function encode(value: object): Encoded | undefined {
  try {
    const text = jsonLine(value)
    return { text, bytes: Buffer.byteLength(text) }
  } catch (error) {
    if (error instanceof RangeError) return undefined
    throw error
  }
}
