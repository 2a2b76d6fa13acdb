import type { FileHandle } from 'node:fs/promises'
import { fileAccess, type FileAccess } from '../../src/sources/wazuh-file/open-path.ts'

/** Real files behind a file system that can be told to fail, and says what was asked of it. */
export interface FaultyFiles {
  readonly access: FileAccess
  /** From now on reading and looking fails with this code, on paths that have the text in them; undefined: no more. */
  fail(code: string | undefined, paths?: string): void
  /** From now on reading at or behind this offset fails with EIO, of files opened by paths that have the text in them. */
  spoil(paths: string, offset: number): void
  opened(): number
}

export function faultyFiles(): FaultyFiles {
  let failing: { readonly code: string; readonly paths: string } | undefined
  let spoilt: { readonly paths: string; readonly offset: number } | undefined
  let opened = 0
  const check = (path: string): void => {
    if (failing === undefined || !path.includes(failing.paths)) return
    throw Object.assign(new Error(`${failing.code}: as the test wants`), { code: failing.code })
  }
  const checkRead = (path: string, position: unknown): void => {
    if (spoilt === undefined || !path.includes(spoilt.paths)) return
    if (typeof position !== 'number' || position < spoilt.offset) return
    throw Object.assign(new Error('EIO: as the test wants'), { code: 'EIO' })
  }
  const open = async (path: string): Promise<FileHandle> => {
    check(path)
    opened += 1
    const handle = await fileAccess.open(path)
    const guard =
      (method: unknown) =>
      (...args: unknown[]): Promise<unknown> => {
        check(path)
        checkRead(path, args[3])
        return (method as (...all: unknown[]) => Promise<unknown>).apply(handle, args)
      }
    const read = guard(Reflect.get(handle, 'read'))
    return Object.assign(handle, { read, stat: guard(Reflect.get(handle, 'stat')) })
  }
  const stat: FileAccess['stat'] = async (path) => {
    check(path)
    return fileAccess.stat(path)
  }
  return {
    access: { open, stat },
    fail: (code, paths = '') => {
      failing = code === undefined ? undefined : { code, paths }
    },
    spoil: (paths, offset) => {
      spoilt = { paths, offset }
    },
    opened: () => opened,
  }
}
