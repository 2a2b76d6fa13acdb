import { readFile } from 'node:fs/promises'
import { createSecureContext } from 'node:tls'
import { AppError, errorText } from '../errors.ts'

/** In PEM form. */
export interface Certificate {
  readonly cert: Buffer
  readonly key: Buffer
}

/** Paths of files in PEM form. */
export interface CertificateFiles {
  readonly certFile: string
  readonly keyFile: string
}

/** Reads certificate and key, and tries them on each other. Rejects with CONFIG_INVALID, naming the setting below `section`. */
export async function readCertificate(section: string, files: CertificateFiles): Promise<Certificate> {
  const read = async (setting: 'certFile' | 'keyFile'): Promise<Buffer> => {
    try {
      return await readFile(files[setting])
    } catch (cause) {
      throw unusable(`${section}.tls.${setting}`, files[setting], cause)
    }
  }
  const certificate = { cert: await read('certFile'), key: await read('keyFile') }
  try {
    createSecureContext(certificate)
  } catch (cause) {
    throw unusable(`${section}.tls`, `${files.certFile} with ${files.keyFile}`, cause)
  }
  return certificate
}

function unusable(setting: string, what: string, cause: unknown): AppError {
  const hint = 'Give a certificate and its own private key, both in PEM form and readable for Tripline.'
  return new AppError('CONFIG_INVALID', `${setting}: cannot use ${what}: ${errorText(cause)}`, {
    cause,
    hint,
  })
}
