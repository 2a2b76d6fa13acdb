/** The event of a datagram, whatever its header. */
export function eventIn(datagram: string): {
  readonly integration: string
  readonly tripline: { readonly event: string; readonly id?: string; readonly event_id?: string }
} {
  return JSON.parse(datagram.slice(datagram.indexOf(':{"') + 1)) as ReturnType<typeof eventIn>
}
