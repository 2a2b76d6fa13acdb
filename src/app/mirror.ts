import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { ComponentId } from '../core/indicator.ts'
import { openLmdbBodies } from '../intel/mirror/lmdb-bodies.ts'
import { createMirror, type Mirror } from '../intel/mirror/mirror.ts'
import type { Telemetry } from '../telemetry/telemetry.ts'

export type { Mirror }

/** The daemon's mirror, its bodies below the state directory. Hold the directory's lock. */
export async function openMirror(
  stateDir: string,
  providerIds: readonly ComponentId[],
  telemetry: Telemetry,
): Promise<Mirror> {
  return createMirror({ bodies: await openLmdbBodies(stateDir), providerIds, telemetry })
}

/** A mirror for one command, in a folder of its own; `discard` closes and removes it. */
export interface ScratchMirror {
  readonly mirror: Mirror
  readonly discard: () => Promise<void>
}

export async function openScratchMirror(
  providerIds: readonly ComponentId[],
  telemetry: Telemetry,
): Promise<ScratchMirror> {
  const folder = await mkdtemp(join(tmpdir(), 'tripline-'))
  const remove = (): Promise<void> => rm(folder, { recursive: true, force: true })
  try {
    const mirror = await openMirror(folder, providerIds, telemetry)
    return {
      mirror,
      discard: async () => {
        await mirror.close()
        await remove()
      },
    }
  } catch (error) {
    await remove()
    throw error
  }
}
