import type { Alert, EpochMs } from './alert.ts'

/** Whole lines as they stand in a file, not decoded yet: what is read where there is a backlog. */
export interface LineBlock {
  /** The lines with their newlines, which alone end a line. Nobody changes it. */
  readonly bytes: Uint8Array
  /** Longer lines are skipped, as the source's settings say. */
  readonly maxLineBytes: number
  /**
   * The alerts of the lines from `start` up to `end`, behind a newline, as the source reads lines one by one: counted, and what is
   * faulty is told.
   */
  alertsOf(start: number, end: number): readonly Alert[]
  /** Time of the alert in the last line; 0 when that is none. */
  lastTime(): EpochMs
  /** Counts as read alerts for which `alertsOf` was not needed. */
  counted(alerts: number): void
}
