import { AppError } from '../../core/errors.ts'
import { isRecord } from '../../core/json.ts'
import type { WarningListEvents } from '../../telemetry/events/warninglists.ts'
import type { MispClient, MispWarningListHead } from '../misp/api.ts'
import type { KeptLists } from './kept-lists.ts'
import { readContent } from './list-content.ts'
import { makeList, type WarningList } from './list.ts'

/** The warning-lists that are enabled in a MISP. */
export interface InstanceLists {
  /** Those kept on the disk when MISP answered last. */
  restore(signal: AbortSignal): Promise<readonly WarningList[]>
  /**
   * Those enabled now; only what changed is fetched. A list that cannot be fetched is told, and its earlier version stays.
   * Rejects with an AppError when MISP does not say which lists it has, and with the signal's reason after abort.
   */
  refresh(signal: AbortSignal): Promise<Refreshed>
}

export interface Refreshed {
  readonly lists: readonly WarningList[]
  /** False: MISP went away in between, and what it was not asked for is as it was. */
  readonly complete: boolean
}

export interface InstanceListsOptions {
  readonly provider: string
  readonly client: ListClient
  readonly kept: KeptLists
  readonly events: WarningListEvents
}

export type ListClient = Pick<MispClient, 'warningLists' | 'warningList'>

interface Held {
  readonly key: string
  readonly list: WarningList
}

/** The public collection has 143 lists. */
const MAX_LISTS = 2000

export function createInstanceLists({ provider, client, kept, events }: InstanceListsOptions): InstanceLists {
  let held: ReadonlyMap<string, Held> = new Map()

  async function fetched(head: MispWarningListHead, signal: AbortSignal): Promise<Held> {
    const exported = await client.warningList(head.id, signal)
    const json = isRecord(exported) ? { ...saidByIndex(head), ...exported } : exported
    const read = readContent(json)
    if (read.kind === 'other') throw new AppError('PROVIDER_MALFORMED', read.problem)
    if (head.entries > 0 && read.content.entries.length === 0)
      throw new AppError('PROVIDER_MALFORMED', 'The list came without its entries')
    const list = await makeList(read.content, {}, signal)
    if (list.skipped > 0) events.entriesSkipped(provider, list.name, list.skipped)
    const key = keyOf(head)
    await kept.save({ id: head.id, key, list: json }).catch((error) => events.keepingFailed(provider, error))
    return { key, list }
  }

  /** The new version, or the old one with the error why it is not the new one. */
  async function heldOrFetched(
    head: MispWarningListHead,
    signal: AbortSignal,
  ): Promise<{ readonly entry: Held | undefined; readonly error?: unknown }> {
    const known = held.get(head.id)
    if (known?.key === keyOf(head)) return { entry: known }
    try {
      return { entry: await fetched(head, signal) }
    } catch (error) {
      signal.throwIfAborted()
      events.listFailed(provider, head.name, { error, kept: known !== undefined })
      return { entry: known, error }
    }
  }

  return {
    restore: async (signal) => {
      const restored = new Map<string, Held>()
      for await (const { id, key, list } of kept.load()) {
        const read = readContent(list)
        if (read.kind === 'content') restored.set(id, { key, list: await makeList(read.content, {}, signal) })
      }
      held = restored
      return listsOf(held)
    },
    refresh: async (signal) => {
      const heads = (await client.warningLists(signal)).slice(0, MAX_LISTS)
      const fresh = new Map<string, Held>()
      let complete = true
      for (const head of heads) {
        const { entry, error } = complete
          ? await heldOrFetched(head, signal)
          : { entry: held.get(head.id), error: undefined }
        if (entry !== undefined) fresh.set(head.id, entry)
        if (isAway(error)) complete = false
      }
      held = fresh
      await kept.retain(new Set(held.keys())).catch((error) => events.keepingFailed(provider, error))
      return { lists: listsOf(held), complete }
    },
  }
}

/** Asking for further lists would be in vain: each would wait for the time-out. */
function isAway(error: unknown): boolean {
  return (
    error instanceof AppError &&
    (error.code === 'PROVIDER_UNREACHABLE' || error.code === 'PROVIDER_THROTTLED')
  )
}

/** What the export does not say (MISP 2.4 and 2.5). */
function saidByIndex({ default: cameWithMisp, category }: MispWarningListHead): object {
  return {
    ...(cameWithMisp === undefined ? {} : { default: cameWithMisp }),
    ...(category === undefined ? {} : { category }),
  }
}

/** MISP counts the version up at changes; the number of entries shows what was done to the table by hand. */
function keyOf({ version, entries, category = '' }: MispWarningListHead): string {
  return `${version} ${entries} ${category}`
}

function listsOf(held: ReadonlyMap<string, Held>): readonly WarningList[] {
  return [...held.values()].map(({ list }) => list)
}
