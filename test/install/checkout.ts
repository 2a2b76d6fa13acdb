import { execFileSync, spawnSync } from 'node:child_process'
import { cpSync, mkdirSync, symlinkSync } from 'node:fs'
import { dirname, join, resolve } from 'node:path'

/** A copy of the working tree as git sees it, without what it ignores. */
export function copyCheckout(folder: string): void {
  const listed = execFileSync('git', ['ls-files', '-z', '--cached', '--others', '--exclude-standard'])
  for (const file of String(listed).split('\0').filter(Boolean)) {
    mkdirSync(dirname(join(folder, file)), { recursive: true })
    cpSync(file, join(folder, file))
  }
}

/** The same with the packages that are installed here. */
export function copyWithPackages(folder: string): void {
  copyCheckout(folder)
  symlinkSync(resolve('node_modules'), join(folder, 'node_modules'))
}

/** Runs npm; throws with all that it said when it fails. Packages come from its cache as far as they are there. */
export function npm(folder: string, ...args: readonly string[]): string {
  return ran('npm', [...args, '--prefer-offline', '--no-audit', '--no-fund', '--loglevel=error'], folder)
}

export function ran(command: string, args: readonly string[], cwd: string): string {
  const { status, stdout, stderr, error } = spawnSync(command, args, { cwd, encoding: 'utf8' })
  if (error !== undefined) throw error
  if (status !== 0) throw new Error(`${command} ${args.join(' ')} ended with ${status}:\n${stdout}${stderr}`)
  return stdout
}
