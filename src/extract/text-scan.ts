import type { FieldPath } from '../core/observable.ts'
import type { Collector } from './collector.ts'

/** One text while it is searched. */
export interface Scan {
  readonly text: string
  readonly where: FieldPath
  readonly found: Collector
  /** End of the last URL seen, and how many more were begun inside it. */
  urlEnd: number
  nested: number
}
