import { spawn } from 'node:child_process'
import { createInterface } from 'node:readline'
import { createSocket } from 'unix-dgram'

/** A receiver of datagrams, a process of its own, that reads none until it is told to: its queue is full. */
export interface FullReceiver {
  /** It reads from now on. Twice is once. */
  free(): void
  /** Ends it; gives what it received beyond what had filled its queue. */
  close(): Promise<readonly string[]>
}

const FILLING = 'filling'

/** Blocks until a byte comes, then receives until its input ends. */
const RECEIVER = `
const { createSocket } = require('unix-dgram')
const tell = (line) => process.stdout.write(JSON.stringify(line) + '\\n')
createSocket('unix_dgram', (data) => tell(data.toString())).bind(process.argv[1])
tell('bound')
require('node:fs').readSync(0, Buffer.alloc(1))
process.stdin.on('end', () => process.exit(0)).resume()
`

export async function bindFullReceiver(path: string): Promise<FullReceiver> {
  const child = spawn(process.execPath, ['-e', RECEIVER, path], { stdio: ['pipe', 'pipe', 'inherit'] })
  const ended = new Promise((resolve) => child.once('close', resolve))
  const lines: string[] = []
  const bound = new Promise<void>((resolve) => {
    createInterface(child.stdout).on('line', (line) => {
      lines.push(JSON.parse(line) as string)
      resolve()
    })
  })
  await bound
  fill(path)
  let isFree = false
  const free = (): void => {
    if (!isFree) child.stdin.write('.')
    isFree = true
  }
  return {
    free,
    close: async () => {
      free()
      child.stdin.end()
      await ended
      return lines.slice(1).filter((line) => line !== FILLING)
    },
  }
}

function fill(path: string): void {
  const socket = createSocket('unix_dgram')
  const data = Buffer.from(FILLING)
  const state = { isFull: false }
  while (!state.isFull)
    socket.send(data, 0, data.length, path, (error) => {
      state.isFull = error !== undefined
    })
  socket.close()
}
