const LOOPBACK = /^(?:127\.\d+\.\d+\.\d+|::1|localhost)$/i

/** Whether only processes of this machine can reach an address to listen on. */
export function isLoopback(host: string): boolean {
  return LOOPBACK.test(host)
}
