import { readFile } from 'node:fs/promises'
import { createSecureContext } from 'node:tls'
import { AppError, errorText } from '../core/errors.ts'
import type { StatusConfig } from './config.ts'

/** In PEM form. */
export interface Certificate {
  readonly cert: Buffer
  readonly key: Buffer
}

/** Reads certificate and key, and tries them on each other. Rejects with CONFIG_INVALID, naming the setting. */
export async function readCertificate(files: NonNullable<StatusConfig['tls']>): Promise<Certificate> {
  const read = async (setting: 'certFile' | 'keyFile'): Promise<Buffer> => {
    try {
      return await readFile(files[setting])
    } catch (cause) {
      throw unusable(`http.tls.${setting}`, files[setting], cause)
    }
  }
  const certificate = { cert: await read('certFile'), key: await read('keyFile') }
  try {
    createSecureContext(certificate)
  } catch (cause) {
    throw unusable('http.tls', `${files.certFile} with ${files.keyFile}`, cause)
  }
  return certificate
}

function unusable(setting: string, what: string, cause: unknown): AppError {
  return new AppError('CONFIG_INVALID', `${setting}: cannot use ${what}: ${errorText(cause)}`, {
    cause,
    hint: 'Give a certificate and its own private key, both in PEM form and readable for Tripline.',
  })
}
