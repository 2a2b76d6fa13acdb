import { readFile, readlink } from 'node:fs/promises'
import { hostname } from 'node:os'
import { systemErrorCode } from '../core/errors.ts'

/** Which process, even when its number is used again. Empty texts where the platform does not tell (not Linux). */
export interface ProcessIdentity {
  readonly pid: number
  /** Clock ticks since boot at which it started: field 22 of `/proc/<pid>/stat` (proc_pid_stat(5)). */
  readonly startedAt: string
  /** Of the running kernel: after a reboot every earlier process is gone. */
  readonly bootId: string
  readonly host: string
  /** In which its number means anything: containers have one each (pid_namespaces(7)). */
  readonly pidNamespace: string
}

/** Of a process that this one can see. */
export async function identityOf(pid: number): Promise<ProcessIdentity> {
  return {
    pid,
    startedAt: await startTime(pid),
    bootId: await bootId(),
    host: hostname(),
    pidNamespace: await linkOf('/proc/self/ns/pid'),
  }
}

/** Whether it is, or was, where this process cannot see it: in another container or on another machine. */
export function isElsewhere(process: ProcessIdentity, own: ProcessIdentity): boolean {
  return differ(process.host, own.host) || differ(process.pidNamespace, own.pidNamespace)
}

/** Whether the process that once had this identity, not elsewhere, still runs. Where in doubt, it does. */
export async function isRunning(process: ProcessIdentity): Promise<boolean> {
  const now = await identityOf(process.pid)
  if (differ(process.bootId, now.bootId) || differ(process.startedAt, now.startedAt)) return false
  return answersSignals(process.pid) && !(await hasEnded(process.pid))
}

/** Killed, and not yet taken note of by its parent (state `Z` or `X`): its number still answers signals, but nothing of it runs. */
async function hasEnded(pid: number): Promise<boolean> {
  return /^[ZX]/.test((await statFields(pid))[0] ?? '')
}

function differ(then: string, now: string): boolean {
  return then !== '' && now !== '' && then !== now
}

/** Signal 0 tests for existence only (kill(2)); EPERM: it exists and belongs to someone else. */
function answersSignals(pid: number): boolean {
  try {
    return process.kill(pid, 0)
  } catch (error) {
    return systemErrorCode(error) !== 'ESRCH'
  }
}

async function startTime(pid: number): Promise<string> {
  return (await statFields(pid))[19] ?? ''
}

/** Of `/proc/<pid>/stat`, from field 3 on. The command name, field 2, may hold spaces and brackets: they are counted after its last `)`. */
async function statFields(pid: number): Promise<readonly string[]> {
  const stat = await textOf(`/proc/${pid}/stat`)
  return stat.slice(stat.lastIndexOf(')') + 2).split(' ')
}

async function bootId(): Promise<string> {
  return (await textOf('/proc/sys/kernel/random/boot_id')).trim()
}

async function textOf(path: string): Promise<string> {
  try {
    return await readFile(path, 'utf8')
  } catch {
    return ''
  }
}

async function linkOf(path: string): Promise<string> {
  try {
    return await readlink(path)
  } catch {
    return ''
  }
}
