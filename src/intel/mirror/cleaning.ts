import { setImmediate as otherWork } from 'node:timers/promises'
import type { MirrorEvents } from '../../telemetry/events/mirror.ts'
import type { LoadParts, UnitContent } from './loading.ts'

export interface Cleaner {
  /** Hides the content at once; its space is given back later, in the background. */
  readonly bury: (content: UnitContent) => void
  /** The same for what a failed load has written; its space, which may be what was missing, is given back soon. */
  readonly discard: (content: UnitContent) => void
  /** Resolves when no cleaning is under way. */
  idle(): Promise<void>
}

export interface CleanerOptions extends LoadParts {
  readonly events: MirrorEvents
  /** Dead entries that may lie about before a round is worth its cost. */
  readonly tolerated: () => number
}

/**
 * Frees what was replaced: first every part of the index drops its dead entries, with other work between the parts,
 * then the bodies are freed, and only then may their numbers be used again. What could not be freed is tried again
 * with the next change.
 */
export function createCleaner(options: CleanerOptions): Cleaner {
  const { index, states, bodies, events, tolerated } = options
  let dead: number[] = []
  let deadIndicators = 0
  let cleaning: Promise<void> = Promise.resolve()

  async function round(): Promise<void> {
    const blocks = dead
    const indicators = deadIndicators
    dead = []
    deadIndicators = 0
    if (blocks.length === 0) return
    try {
      for (let part = 0; part < index.parts; part++) {
        index.rebuild(part)
        await otherWork()
      }
      await bodies.free(blocks)
    } catch (error) {
      events.cleaningFailed(error)
      for (const block of blocks) dead.push(block)
      deadIndicators += indicators
    }
  }

  function bury({ blocks, indicators }: UnitContent): void {
    states.set(blocks, 'dead')
    for (const block of blocks) dead.push(block)
    deadIndicators += indicators
    if (deadIndicators > tolerated()) cleaning = cleaning.then(round)
  }

  return {
    bury,
    discard: (content) => {
      bury(content)
      cleaning = cleaning.then(round)
    },
    idle: () => cleaning,
  }
}
