import { AppError } from '../../core/errors.ts'
import type { ChangeSet } from '../../core/ports.ts'
import type { Snapshot } from './snapshot.ts'

export interface OffersOptions {
  readonly snapshot: Pick<Snapshot, 'units' | 'blocks' | 'change'>
  /** What the disk has of a unit is damaged: it is removed there, and has to be fetched again. */
  readonly onDamaged: (unit: string) => void
}

type OnRead = (extracts: readonly unknown[]) => void

/** The changes by which a mirror takes over what a snapshot holds. */
export interface Offers {
  /**
   * The unit as the snapshot has it now: its content, or its end. `onRead` is called with what was kept beside its blocks
   * (`PackedBlock.extract`) when all of them were read.
   */
  readonly of: (unit: string, onRead?: OnRead) => ChangeSet
  readonly removal: (unit: string) => ChangeSet
  /** What was offered and not taken to its end: to be offered again. */
  readonly open: () => readonly string[]
}

export function createOffers({ snapshot, onDamaged }: OffersOptions): Offers {
  const due = new Set<string>()

  const removal = (unit: string): ChangeSet => {
    due.delete(unit)
    return { kind: 'remove', unit }
  }

  /** The target asks for the end of a unit only when it has stored all of it: until then it is due. */
  function replacement(unit: string, onRead: OnRead | undefined): ChangeSet {
    due.add(unit)
    return {
      kind: 'replace',
      unit,
      load: async function* (signal) {
        const extracts: unknown[] = []
        try {
          for (const block of snapshot.blocks(unit)) {
            signal.throwIfAborted()
            extracts.push(block.extract)
            yield await Promise.resolve(block)
          }
          onRead?.(extracts)
        } catch (error) {
          if (error instanceof AppError && error.code === 'PROVIDER_MALFORMED') {
            onDamaged(unit)
            snapshot.change({ remove: [unit] })
            due.delete(unit)
          }
          throw error
        }
        due.delete(unit)
      },
    }
  }

  return {
    of: (unit, onRead) =>
      (snapshot.units.get(unit)?.indicators ?? 0) > 0 ? replacement(unit, onRead) : removal(unit),
    removal,
    open: () => Array.from(due),
  }
}
