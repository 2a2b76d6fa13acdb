import { AppError, errorText } from '../core/errors.ts'
import { Secret } from '../core/secret.ts'
import type { ReadFile } from './files.ts'

/** Keys and tokens are tens of bytes; whatever is larger is the wrong file. */
const MAX_SECRET_BYTES = 64 * 1024

/**
 * Reads a secret from a file; white space around it (the newline editors add) is dropped. Throws SECRET_UNREADABLE
 * naming `setting` and the file when it cannot be read or is empty.
 */
export async function readSecretFile(setting: string, path: string, readFile: ReadFile): Promise<Secret> {
  const text = await readFile(path, MAX_SECRET_BYTES).catch((error: unknown) => {
    throw unreadable(setting, path, errorText(error), error)
  })
  const secret = text.trim()
  if (secret === '') throw unreadable(setting, path, 'the file is empty')
  return new Secret(secret)
}

function unreadable(setting: string, path: string, reason: string, ...cause: readonly unknown[]): AppError {
  return new AppError('SECRET_UNREADABLE', `${setting}: cannot read the secret in ${path}: ${reason}`, {
    cause: cause[0],
  })
}
