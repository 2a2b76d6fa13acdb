import { isRecord } from '../../core/json.ts'

/** Most arguments of one command that are read. */
const MAX_ARGUMENTS = 1000

/** The arguments of an executed command as auditd has them, `a0`, `a1` … `a10`, in the order they were given. */
export function argumentsOf(execve: unknown): readonly string[] {
  if (!isRecord(execve)) return []
  return Object.keys(execve)
    .slice(0, MAX_ARGUMENTS)
    .toSorted((one, other) => place(one) - place(other))
    .map((key) => execve[key])
    .filter((value) => typeof value === 'string')
}

/** Of an argument; what is none stands behind. */
function place(key: string): number {
  const digits = /^a(\d{1,6})$/.exec(key)?.[1]
  return digits === undefined ? Number.MAX_SAFE_INTEGER : Number(digits)
}
