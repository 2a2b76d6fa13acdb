import { spawn } from 'node:child_process'
import { createRequire } from 'node:module'

/** As the file is opened (`open.ts`), and read to its end, but nothing is written. */
const SCRIPT = `
const { open } = require(process.argv[1])
const form = { noSubdir: true, encoding: 'binary', keyEncoding: 'binary', useVersions: true, readOnly: true }
const db = open({ path: process.argv[2], ...form })
for (const _ of db.getRange({ snapshot: false }));
db.close()
`
/** A process that was killed by somebody, or for want of memory, says nothing about the file. */
const DEADLY: ReadonlySet<string> = new Set(['SIGBUS', 'SIGSEGV', 'SIGABRT', 'SIGILL'])

/** How a reading ended: `deadly` to the process, or with an error that LMDB told. */
export type TrialEnd = 'read' | 'failed' | 'deadly' | 'stopped'

/** Whether reading an LMDB file ends the process that does it: another one tries. */
export async function isDeadlyToRead(path: string): Promise<boolean> {
  return (await tryReading(path)) === 'deadly'
}

/** Another process reads all of an LMDB file; `stopped` when it was killed, as by the signal. */
export function tryReading(path: string, signal?: AbortSignal): Promise<TrialEnd> {
  const lmdb = createRequire(import.meta.url).resolve('lmdb')
  const args = ['--eval', SCRIPT, '--', lmdb, path]
  const child = spawn(process.execPath, args, {
    stdio: 'ignore',
    ...(signal === undefined ? {} : { signal }),
  })
  return new Promise((resolve, reject) => {
    child.on('error', (error) => (signal?.aborted === true ? resolve('stopped') : reject(error)))
    child.on('exit', (code, by) => {
      if (by !== null) resolve(DEADLY.has(by) ? 'deadly' : 'stopped')
      else resolve(code === 0 ? 'read' : 'failed')
    })
  })
}
