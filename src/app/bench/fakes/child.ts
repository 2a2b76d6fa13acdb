import { fork, type ChildProcess } from 'node:child_process'
import { fileURLToPath } from 'node:url'
import { onAbort } from '../../../core/abort.ts'
import { AppError } from '../../../core/errors.ts'
import { PACKAGE_FOLDER } from '../../../core/package-folder.ts'
import { fakeAddresses, type FakeAddresses, type Fakes } from './fakes.ts'

/** `main.ts`, as it was built. */
const MAIN = fileURLToPath(new URL('dist/bench-fakes.js', PACKAGE_FOLDER))
const START_MS = 10_000
const STOP_MS = 2000

/** The fakes as a process of their own; undefined when `signal` aborts first. Rejects with INTERNAL when they do not start in time. */
export async function forkFakes(signal: AbortSignal): Promise<Fakes | undefined> {
  if (signal.aborted) return undefined
  // Their output is no part of a report, and this process is not to wait for it.
  const child = fork(MAIN, { stdio: ['ignore', 'ignore', 'inherit', 'ipc'] })
  const ended = new Promise<void>((resolve) => {
    child.once('exit', () => resolve())
    child.once('error', () => resolve())
  })
  try {
    return { addresses: await addressesOf(child, signal), close: () => stop(child, ended) }
  } catch (error) {
    child.kill('SIGKILL')
    if (signal.aborted) return undefined
    throw error
  }
}

function addressesOf(child: ChildProcess, signal: AbortSignal): Promise<FakeAddresses> {
  return new Promise((resolve, reject) => {
    const fail = (text: string): void => {
      settle()
      reject(new AppError('INTERNAL', text))
    }
    const timer = setTimeout(() => fail('The built-in fakes did not start in time'), START_MS)
    const unlisten = onAbort(signal, () => fail('Interrupted while the built-in fakes started'))
    const settle = (): void => {
      clearTimeout(timer)
      unlisten()
    }
    child.once('error', () => fail('The built-in fakes could not be started'))
    child.once('exit', () => fail('The built-in fakes ended at their start'))
    child.once('message', (message) => {
      settle()
      const addresses = fakeAddresses.safeParse(message).data
      if (addresses === undefined) fail('The built-in fakes did not say where they are')
      else resolve(addresses)
    })
  })
}

async function stop(child: ChildProcess, ended: Promise<void>): Promise<void> {
  if (child.connected) child.disconnect()
  const timer = setTimeout(() => child.kill('SIGKILL'), STOP_MS)
  await ended
  clearTimeout(timer)
}
