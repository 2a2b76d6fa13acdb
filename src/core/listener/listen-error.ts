import { AppError, errorText, systemErrorCode } from '../errors.ts'

interface Trouble {
  readonly setting: 'host' | 'port'
  readonly what: string
  readonly hint: string
}

const TROUBLES: Readonly<Record<string, Trouble>> = {
  EADDRINUSE: {
    setting: 'port',
    what: 'another process listens there',
    hint: 'Set another port, or end that process: `ss -ltnp` names it.',
  },
  EACCES: {
    setting: 'port',
    what: 'no permission',
    hint: 'Ports below 1024 need a right of their own (CAP_NET_BIND_SERVICE): set a higher one.',
  },
  EADDRNOTAVAIL: {
    setting: 'host',
    what: 'this machine does not have the address',
    hint: 'Set an address of this machine: `ip address` shows them.',
  },
  ENOTFOUND: {
    setting: 'host',
    what: 'the name has no address',
    hint: 'Set an address of this machine: `ip address` shows them.',
  },
}

export interface Address {
  readonly host: string
  readonly port: number
}

/** Why nobody can be listened to at an address; names the setting below `section`. */
export function listenError(section: string, { host, port }: Address, cause: unknown): AppError {
  const { setting, what, hint } = TROUBLES[systemErrorCode(cause) ?? ''] ?? {
    setting: 'host',
    what: errorText(cause),
    hint: 'Set another address or port.',
  }
  const place = host.includes(':') ? `[${host}]:${port}` : `${host}:${port}`
  return new AppError('ADDRESS_UNUSABLE', `${section}.${setting}: cannot listen on ${place}: ${what}`, {
    cause,
    hint,
  })
}
