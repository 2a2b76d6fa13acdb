import { readFileSync } from 'node:fs'
import { createSecureContext, rootCertificates, type SecureContext } from 'node:tls'
import { AppError, errorText, systemErrorCode } from './errors.ts'

export interface TlsSettings {
  readonly tlsVerify: boolean
  /** PEM file with further authorities: they are trusted beside Node's own, for this server alone. */
  readonly caFile?: string | undefined
}

/** Made once for all connections: reading the hundreds of built-in authorities takes milliseconds. */
export interface TlsOptions {
  readonly rejectUnauthorized: boolean
  readonly secureContext?: SecureContext
}

const PEM_HINT =
  'It must be text that begins with -----BEGIN CERTIFICATE-----. From a binary file: openssl x509 -inform der -in ca.crt -out ca.pem'

/** Throws CONFIG_INVALID when the file cannot be read or holds no certificate. */
export function tlsOptions({ tlsVerify, caFile }: TlsSettings): TlsOptions {
  if (caFile === undefined) return { rejectUnauthorized: tlsVerify }
  const ca = [...rootCertificates, ...extraAuthorities(), readAuthorities(caFile)]
  try {
    return { rejectUnauthorized: tlsVerify, secureContext: createSecureContext({ ca }) }
  } catch (cause) {
    throw new AppError('CONFIG_INVALID', `caFile ${caFile} holds a broken certificate`, {
      cause,
      hint: PEM_HINT,
    })
  }
}

function readAuthorities(path: string): string {
  const text = readText(path)
  if (text.includes('-----BEGIN CERTIFICATE-----')) return text
  throw new AppError('CONFIG_INVALID', `caFile ${path} holds no certificate in PEM form`, { hint: PEM_HINT })
}

function readText(path: string): string {
  try {
    return readFileSync(path, 'latin1')
  } catch (cause) {
    const why = systemErrorCode(cause) ?? errorText(cause)
    const hint = 'Is the path right, and may the user that runs Tripline read it?'
    throw new AppError('CONFIG_INVALID', `caFile ${path} cannot be read (${why})`, { cause, hint })
  }
}

/** Node adds these by itself only where no authorities are given; it has warned at start when it could not read them. */
function extraAuthorities(): readonly string[] {
  const path = process.env['NODE_EXTRA_CA_CERTS']
  if (path === undefined || path === '') return []
  try {
    return [readFileSync(path, 'latin1')]
  } catch {
    return []
  }
}
