import type { StreamOutcome } from '../app/scan.ts'
import { printable } from '../core/text.ts'
import type { CommandIo } from './io.ts'

const REASONS = {
  malformed: 'not JSON',
  not_object: 'JSON, but no object',
  too_long: 'too long',
  fragment: 'torn',
} as const

const HINT = 'Alerts are JSON objects, one a line (`jq -c .` makes that of other forms), plain or gzip.'

/** Tells of each input what of it was no alert: silence would look as if all had been examined. */
export interface InputReport {
  /** Called when an input was read to its end. */
  readonly tell: (file: string, outcome: StreamOutcome) => void
  /** False when an input was damaged, or gave not one alert though there was something in it. */
  complete(): boolean
}

export function createInputReport({ stderr }: CommandIo): InputReport {
  let complete = true
  return {
    complete: () => complete,
    tell: (file, outcome) => {
      const { alerts, skipped, brokenAt } = outcome
      const name = file === '-' ? 'standard input' : file
      const say = (text: string): void => void stderr.write(`tripline: ${printable(`${name}: ${text}`)}\n`)
      const nothing = alerts === 0 && skipped.size > 0
      if (nothing) {
        say(`not one alert in it; ${skippedText(outcome)}`)
        stderr.write(`${HINT}\n`)
      } else if (skipped.size > 0) say(`${skippedText(outcome)}; ${count(alerts, 'alert')} read`)
      if (brokenAt !== undefined)
        say(`the compressed data is cut off or damaged; only what came before byte ${brokenAt} was read`)
      if (nothing || brokenAt !== undefined) complete = false
    },
  }
}

function skippedText({ skipped, firstSkipped = 0 }: StreamOutcome): string {
  const lines = [...skipped.values()].reduce((sum, times) => sum + times, 0)
  const reasons = [...skipped].map(([reason, times]) => `${times.toLocaleString('en')} ${REASONS[reason]}`)
  return `${count(lines, 'line')} gave no alert (${reasons.join(', ')}), the first at byte ${firstSkipped}`
}

function count(number: number, word: string): string {
  return `${number.toLocaleString('en')} ${word}${number === 1 ? '' : 's'}`
}
