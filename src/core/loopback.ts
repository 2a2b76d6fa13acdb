const LOOPBACK = /^(?:(?:[\w-]+\.)*localhost|127(?:\.\d{1,3}){3}|::1|\[::1\])$/i

/**
 * Whether only processes of this machine can reach an address, or a name or a URL's host means this machine: 127.0.0.0/8, ::1,
 * `localhost` and names below it (RFC 6761, 6.3).
 */
export function isLoopback(host: string): boolean {
  return LOOPBACK.test(host)
}
