#!/usr/bin/env node
import { readFileSync } from 'node:fs'
import { runProgram } from './commands/program.ts'
import { PACKAGE_FOLDER } from './core/package-folder.ts'

/** How the process ends when a second signal comes: at once, with the status shells give for it. */
const SIGNALS = { SIGHUP: 129, SIGINT: 130, SIGTERM: 143 } as const

function stopOnSignal(): AbortSignal {
  const stop = new AbortController()
  for (const name of ['SIGHUP', 'SIGINT', 'SIGTERM'] as const) {
    process.on(name, () => {
      // oxlint-disable-next-line unicorn/no-process-exit -- this file alone ends the process
      if (stop.signal.aborted) process.exit(SIGNALS[name])
      stop.abort()
    })
  }
  // Node.js would open its debugger to every user of this machine. Who sends it wants a log opened anew, as of other daemons.
  process.on('SIGUSR1', () => undefined)
  return stop.signal
}

function version(): string {
  const text = readFileSync(new URL('package.json', PACKAGE_FOLDER), 'utf8')
  return /"version":\s*"([^"]+)"/.exec(text)?.[1] ?? 'unknown'
}

const { exitCode, abandoned } = await runProgram(process.argv.slice(2), {
  env: process.env,
  stdin: process.stdin,
  stdout: process.stdout,
  stderr: process.stderr,
  signal: stopOnSignal(),
  version: version(),
})
// Output to a pipe is still on its way: the process ends by itself when it is written.
process.exitCode = exitCode
// oxlint-disable-next-line unicorn/no-process-exit -- this file alone ends the process
if (abandoned) process.exit(exitCode)
