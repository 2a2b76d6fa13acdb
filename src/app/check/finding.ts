/** One thing that was looked at. */
export interface Finding {
  readonly level: 'ok' | 'warning' | 'error'
  readonly subject: string
  readonly text: string
  /** What to do about it. */
  readonly hint?: string
}

export function ok(subject: string, text: string): Finding {
  return { level: 'ok', subject, text }
}
