export interface TestEvent {
  /** By which its alert is told from others. */
  readonly id: string
  /** Milliseconds since 1970. */
  readonly at: number
  readonly host: string
}

/** An event that says of itself that it is no match: one line of JSON without the line end, for rule 119622. */
export function testEvent({ id, at, host }: TestEvent): string {
  const message = `tripline doctor on ${host}: this is no match`
  return JSON.stringify({
    integration: 'tripline',
    tripline: { event: 'test', event_id: id, at: new Date(at).toISOString(), message },
  })
}
