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

/** Whether reading an LMDB file ends the process that does it: another one tries. */
export function isDeadlyToRead(path: string): Promise<boolean> {
  const lmdb = createRequire(import.meta.url).resolve('lmdb')
  const args = ['--eval', SCRIPT, '--', lmdb, path]
  const child = spawn(process.execPath, args, { stdio: 'ignore' })
  return new Promise((resolve, reject) => {
    child.on('error', reject)
    child.on('exit', (_code, signal) => resolve(signal !== null && DEADLY.has(signal)))
  })
}
