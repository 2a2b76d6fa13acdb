/** Processes of the benchmarks that fill a mirror: a fake server, and the measured ones, each by itself on one core. */
import { execFileSync, spawn, type ChildProcess } from 'node:child_process'
import { once } from 'node:events'
import { createInterface } from 'node:readline'

/** util-linux. */
const PIN = ['taskset', '-c', '0'] as const

export function say(text: string): void {
  process.stdout.write(`${text}\n`)
}

export interface FakeProcess {
  readonly process: ChildProcess
  /** Its first line: where it listens, as JSON. */
  readonly line: string
}

export async function startFake(file: string, args: readonly string[]): Promise<FakeProcess> {
  const fake = spawn(process.execPath, ['--import', 'tsx', file, ...args], {
    stdio: ['ignore', 'pipe', 'inherit'],
  })
  for await (const line of createInterface({ input: fake.stdout })) return { process: fake, line }
  throw new Error('The fake server ended before it listened')
}

function onOneCore(): readonly string[] {
  const [program, ...args] = PIN
  try {
    execFileSync(program, [...args, 'true'], { stdio: 'ignore' })
    return PIN
  } catch {
    return []
  }
}

/** Runs a measured process to its end. */
export async function child(file: string, ...args: readonly string[]): Promise<void> {
  const command = [...onOneCore(), process.execPath, '--import', 'tsx', file, ...args]
  const running = spawn(command[0] ?? '', command.slice(1), { stdio: ['ignore', 'inherit', 'inherit'] })
  await once(running, 'exit')
  if (running.exitCode !== 0) throw new Error(`The measured process ended with ${String(running.exitCode)}`)
}
