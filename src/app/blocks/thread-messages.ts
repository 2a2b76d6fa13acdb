import type { LineFindings } from '../../pipeline/line-findings.ts'

/** What a helping thread is sent. */
export interface Question {
  readonly id: number
  readonly bytes: Uint8Array
  readonly maxLineBytes: number
}

/** What it sends when it can take questions. */
export const READY = 'ready'

/** And for each question. */
export interface Answer {
  readonly id: number
  readonly findings: LineFindings
}
