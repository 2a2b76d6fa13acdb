import { existsSync, watch } from 'node:fs'
import { basename, dirname } from 'node:path'
import { setTimeout as pause } from 'node:timers/promises'
import type { Random } from '../../../bench/generator/random.ts'
import { startCli, type Cli } from '../../support/cli.ts'
import type { Evidence } from './judge.ts'
import type { Places } from './setup.ts'
import type { Wazuh } from './wazuh.ts'

export interface CrashOptions {
  readonly seed: number
  readonly kills: number
  readonly alerts: number
  /** Longest life of a process after it runs, but where a write is aimed at. */
  readonly lifeMs: number
  readonly outputSize: string
  readonly say: (text: string) => void
}

/** What one run works with. */
export interface Run extends CrashOptions {
  readonly places: Places
  readonly random: Random
  readonly wazuh: Wazuh
  readonly stdout: string[]
  readonly evidence: () => Evidence
}

/** Pieces in which the alerts of one life are written. */
const SLICES = 12
/** The checkpoint is written once a second; a process that writes none is killed nonetheless. */
const AIMED_LIFE_MS = 1500
const AIM_SPREAD_MS = 8
const POLL_MS = 20

export function start({ places, stdout }: Run): Cli {
  let rest = ''
  return startCli(['run', '--config', places.config], {
    onStdout: (piece) => {
      const lines = `${rest}${piece}`.split('\n')
      // What a killed process did not finish is nobody's line.
      rest = lines.pop() ?? ''
      stdout.push(...lines)
    },
  })
}

/** One process from its start to its kill, with its share of the alerts; some are written while nobody runs. */
export async function live(run: Run, kill: number): Promise<void> {
  const { random, wazuh, alerts, kills, lifeMs, places } = run
  const upTo = Math.ceil((alerts * kill) / kills)
  const due = upTo - wazuh.written()
  const slice = Math.ceil(due / SLICES)
  const idle = kill === 1 ? 0 : random.chance(0.2) ? due : random.int(Math.max(1, due >> 2))
  for (let left = idle; left > 0; left -= slice) wazuh.write(Math.min(left, slice))
  const daemon = start(run)
  const aim = kill === 1 ? undefined : aimOf(random)
  const life = aim === 'start' ? random.int(500) : aim === undefined ? random.int(lifeMs) : AIMED_LIFE_MS
  if (aim !== 'start') await daemon.logged('Tripline is running')
  // Before there is a checkpoint nothing was promised: a start after that is again a first one, and looks at no older file.
  if (kill === 1) while (!existsSync(places.checkpoint)) await pause(POLL_MS)
  const target = aim === undefined || aim === 'start' ? undefined : watchFor(places[aim])
  const began = performance.now()
  while (performance.now() - began < life && target?.isHit() !== true) {
    const left = upTo - wazuh.written()
    if (left > 0) wazuh.write(Math.min(left, slice))
    const wait = pause(Math.min(life / SLICES, Math.max(0, life - (performance.now() - began))))
    await Promise.race([wait, ...(target === undefined ? [] : [target.hit])])
  }
  if (target?.isHit() === true) await pause(random.int(AIM_SPREAD_MS))
  target?.close()
  daemon.kill('SIGKILL')
  const { signal, stderr } = await daemon.ended
  if (signal !== 'SIGKILL') throw new Error(`The daemon ended by itself:\n${stderr.slice(-2000)}`)
}

/** Most moments are any; others lie in the start, or just behind a write that something else must follow, or have gone before. */
function aimOf(random: Random): 'start' | 'checkpoint' | 'matched' | undefined {
  const dice = random.int(100)
  if (dice < 15) return 'start'
  if (dice < 45) return 'checkpoint'
  return dice < 65 ? 'matched' : undefined
}

interface Target {
  /** Resolves when the file is changed or replaced for the first time. */
  readonly hit: Promise<void>
  isHit(): boolean
  close(): void
}

function watchFor(path: string): Target {
  let isHit = false
  const watcher = watch(dirname(path))
  const hit = new Promise<void>((resolve) => {
    watcher.on('change', (_event, name) => {
      if (name !== basename(path)) return
      isHit = true
      resolve()
    })
  })
  return { hit, isHit: () => isHit, close: () => watcher.close() }
}
