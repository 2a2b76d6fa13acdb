/** Fills a mirror from a provider and prints time and memory. */
import { readFileSync, statSync } from 'node:fs'
import type { ChangeSet } from '../src/core/ports.ts'
import type { Mirror } from '../src/intel/mirror/mirror.ts'

const MIB = 1024 * 1024
const SAMPLE_MS = 100

/** Anonymous resident memory of this process in MiB (proc_pid_status(5)): pages of files are the system's to give back. */
function anonymousMib(): number {
  const status = readFileSync('/proc/self/status', 'utf8')
  return Math.round((Number(/^RssAnon:\s+(\d+) kB/m.exec(status)?.[1] ?? Number.NaN) * 1024) / MIB)
}

export interface Filling {
  /** What is measured, for the line that is printed. */
  readonly what: string
  readonly provider: string
  readonly changes: AsyncIterable<ChangeSet>
  readonly mirror: Mirror
  /** File of the copy on the disk. */
  readonly snapshot: string
}

/** Until the provider has given what it had at start. */
export async function measureFilling({ what, provider, changes, mirror, snapshot }: Filling): Promise<void> {
  const never = new AbortController().signal
  let peak = anonymousMib()
  const sampling = setInterval(() => {
    peak = Math.max(peak, anonymousMib())
  }, SAMPLE_MS)
  const started = performance.now()
  const used = process.cpuUsage()
  for await (const change of changes) {
    if (change.kind === 'ready') break
    await mirror.apply(provider, change, never)
  }
  const seconds = (performance.now() - started) / 1000
  const cpu = process.cpuUsage(used)
  clearInterval(sampling)
  peak = Math.max(peak, anonymousMib())
  const facts = [
    `${mirror.size} indicators in ${seconds.toFixed(1)} s`,
    `${((cpu.user + cpu.system) / 1e6).toFixed(1)} s of processor time`,
    `peak ${peak} MiB`,
    `snapshot ${Math.round(statSync(snapshot).size / MIB)} MiB`,
  ]
  process.stdout.write(`${what.padEnd(8)} ${facts.join(', ')}\n`)
}
