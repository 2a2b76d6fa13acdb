import { execFileSync } from 'node:child_process'

function succeeds(command: string, args: readonly string[]): boolean {
  try {
    execFileSync(command, args, { stdio: 'ignore' })
    return true
  } catch {
    return false
  }
}

/** Whether it works here; when not, says aloud what is skipped. */
export function works(command: string, args: readonly string[], skipped: string): boolean {
  const ok = succeeds(command, args)
  if (!ok) process.stderr.write(`skipped: ${skipped}, as ${command} does not work here\n`)
  return ok
}

function run(command: string, ...args: readonly string[]): void {
  execFileSync(command, args, { stdio: 'inherit' })
}

const TRY = 'd=$(mktemp -d) && { mount -t tmpfs tmpfs "$d" && umount "$d"; s=$?; rmdir "$d"; exit $s; }'

/** Only root may mount. */
export function mountsWork(skipped: string): boolean {
  return works('sh', ['-c', TRY], `${skipped} (mount)`)
}

export interface SmallDisk {
  resize(size: string): void
  remove(): void
}

/** A disk of its own over a folder, in memory. `size` as tmpfs takes it: `600k`. */
export function mountSmallDisk(folder: string, size: string): SmallDisk {
  run('mount', '-t', 'tmpfs', '-o', `size=${size}`, 'tmpfs', folder)
  return {
    resize: (next) => run('mount', '-o', `remount,size=${next}`, folder),
    // Lazy: the process of a failed test may still have files open.
    remove: () => run('umount', '--lazy', folder),
  }
}
