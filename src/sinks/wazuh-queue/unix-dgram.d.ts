/** What is used of unix-dgram 2.0.7, which has no types of its own. Its callbacks are synchronous. */
declare module 'unix-dgram' {
  interface UnixSocket {
    /** For tests: a receiver. Emits `listening` or `error` before it returns. */
    bind(path: string): void
    send(
      data: Buffer,
      offset: number,
      length: number,
      path: string,
      /** `code` is the negative `errno` number. */
      callback: (error?: Error & { readonly code?: unknown }) => void,
    ): void
    on(event: 'error', listener: (error: Error) => void): this
    /** Throws when the socket is closed already. */
    close(): void
  }

  export function createSocket(type: 'unix_dgram', listener?: (message: Buffer) => void): UnixSocket
}
