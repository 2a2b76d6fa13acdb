import { execFileSync, spawnSync } from 'node:child_process'
import { readFileSync } from 'node:fs'

export const UNIT = 'deploy/systemd/tripline.service'

/** Whether units can be looked at here. CI must be able to; elsewhere it is said aloud that nothing is looked at. */
export function canAnalyze(): boolean {
  if (spawnSync('systemd-analyze', ['--version'], { stdio: 'ignore' }).status === 0) return true
  if (process.env['CI'] === 'true') throw new Error('systemd-analyze is missing (package systemd)')
  process.stderr.write('SKIPPED: systemd-analyze is missing, the unit is not looked at\n')
  return false
}

/** All values of a setting of the unit, in order. */
export function unitValues(name: string, unit = readFileSync(UNIT, 'utf8')): readonly string[] {
  return [...unit.matchAll(/^(\w+)=(.*)$/gm)].flatMap(([, key, value = '']) => (key === name ? [value] : []))
}

/** Names of the system calls that the unit's filter lets through (systemd.exec(5), SystemCallFilter=). */
export function allowedCalls(): ReadonlySet<string> {
  const allowed = new Set<string>()
  for (const line of unitValues('SystemCallFilter')) {
    const removes = line.startsWith('~')
    for (const name of callsOf(line.replace('~', '').split(' '))) {
      if (removes) allowed.delete(name)
      else allowed.add(name)
    }
  }
  return allowed
}

function callsOf(names: readonly string[]): readonly string[] {
  return names.flatMap((name) => {
    if (!name.startsWith('@')) return [name]
    const text = execFileSync('systemd-analyze', ['syscall-filter', '--no-pager', name], { encoding: 'utf8' })
    const inside = text
      .split('\n')
      .slice(1)
      .map((line) => line.trim())
    return callsOf(inside.filter((line) => line !== '' && !line.startsWith('#')))
  })
}
