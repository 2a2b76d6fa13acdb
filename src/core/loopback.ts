const LOOPBACK = /^(?:127\.\d{1,3}\.\d{1,3}\.\d{1,3}|\[?::1\]?|localhost)$/i

/** Whether only processes of this machine can reach an address, or mean this machine by a name. */
export function isLoopback(host: string): boolean {
  return LOOPBACK.test(host)
}
