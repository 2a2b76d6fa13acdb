import { join } from 'node:path'
import type { Config } from '../config/schema.ts'
import { AppError } from '../core/errors.ts'
import { createLatch } from '../core/latch.ts'
import { createKeptLists } from '../intel/warninglists/kept-lists.ts'
import { readListFolder, type ListFolder } from '../intel/warninglists/folder.ts'
import { createInstanceLists, type ListClient, type Refreshed } from '../intel/warninglists/instance.ts'
import type { WarningList } from '../intel/warninglists/list.ts'
import { createWarningLists, type WarningLists } from '../intel/warninglists/warning-lists.ts'
import type { PolicyConfig } from '../pipeline/config.ts'
import { warningListEvents, type WarningListEvents } from '../telemetry/events/warninglists.ts'
import type { Telemetry } from '../telemetry/telemetry.ts'

type ListConfig = PolicyConfig['warningLists']

/** What lists from folders are called among the sources; ids of providers have no dot. */
const FOLDERS = 'policy.folders'
const REFRESH_MS = 3_600_000
const RETRY_MS = 300_000
/** So long alerts wait for the lists of a MISP at most. */
const MAX_START_MS = 60_000

/** What the folders hold. Rejects with INTERNAL after abort. */
export async function readListFolders(
  paths: readonly string[],
  signal: AbortSignal,
): Promise<readonly ListFolder[]> {
  const folders: ListFolder[] = []
  try {
    for (const path of paths) folders.push(await readListFolder(path, signal))
    return folders
  } catch (cause) {
    if (!signal.aborted) throw cause
    throw new AppError('INTERNAL', 'Interrupted while reading warning-lists', { cause })
  }
}

/** The lists of the configured folders, read once; what cannot be used is told and left out. Rejects with INTERNAL after abort. */
export async function openFolderLists(
  config: ListConfig,
  telemetry: Telemetry,
  signal: AbortSignal,
): Promise<WarningLists> {
  const lists = createWarningLists(config)
  const events = warningListEvents(telemetry)
  const folders = await readListFolders(config.folders, signal)
  if (folders.length > 0) use({ lists, events, source: FOLDERS }, told(folders, events), 'source')
  return lists
}

function told(folders: readonly ListFolder[], events: WarningListEvents): readonly WarningList[] {
  for (const { path, lists, failed, problem } of folders) {
    if (problem !== undefined) events.folderFailed(path, problem)
    else if (lists.length + failed.length === 0) events.folderEmpty(path)
    for (const file of failed) events.fileFailed(file.path, file.problem)
    for (const { name, skipped } of lists) if (skipped > 0) events.entriesSkipped(FOLDERS, name, skipped)
  }
  return folders.flatMap((folder) => folder.lists)
}

/** The lists of a daemon. */
export interface DaemonLists {
  readonly lists: WarningLists
  /**
   * Resolves when each MISP has given its lists, now or in an earlier run, or was asked in vain: alerts worked on before
   * lack them.
   */
  readonly ready: Promise<void>
  close(): Promise<void>
}

/** The lists of folders, and those of every configured MISP, which are followed until `close`. */
export async function openWarningLists(
  config: Config,
  telemetry: Telemetry,
  stop: AbortSignal,
): Promise<DaemonLists> {
  // Some seconds for the largest collection: not worth an interrupted start.
  const lists = await openFolderLists(config.policy.warningLists, telemetry, new AbortController().signal)
  const instances = await listInstances(config, telemetry)
  const ending = new AbortController()
  const signal = AbortSignal.any([stop, ending.signal])
  const following = followInstanceLists(lists, { instances, stateDir: config.stateDir, telemetry, signal })
  return {
    lists,
    ready: Promise.race([following.ready, telemetry.clock.sleep(MAX_START_MS, signal)]),
    close: async () => {
      ending.abort()
      await following.ended
      await Promise.all(instances.map(({ client }) => client.close()))
    },
  }
}

/** A MISP whose lists are used. */
export interface ListInstance {
  readonly provider: string
  readonly client: ListClient & { close(): Promise<void> }
}

/** The clients are loaded only where there is a MISP. Rejects with CONFIG_INVALID as a MISP client does. */
export async function listInstances(config: Config, telemetry: Telemetry): Promise<readonly ListInstance[]> {
  const instances: ListInstance[] = []
  for (const [provider, settings] of Object.entries(config.providers)) {
    if (settings.type !== 'misp' || !settings.warningLists) continue
    const { createMispClient } = await import('../intel/misp/client/client.ts')
    instances.push({ provider, client: createMispClient({ config: settings, provider, telemetry }) })
  }
  return instances
}

interface FollowListsOptions {
  readonly instances: readonly ListInstance[]
  readonly stateDir: string
  readonly telemetry: Telemetry
  readonly signal: AbortSignal
}

interface FollowingLists {
  /** Resolves when each MISP has given its lists, or was asked in vain: alerts worked on before lack them. */
  readonly ready: Promise<void>
  /** Resolves after abort, when nothing is asked any more. */
  readonly ended: Promise<void>
}

/**
 * Fills `lists` from every MISP, first with what is kept below the state directory, then with what it says, every hour anew.
 */
function followInstanceLists(lists: WarningLists, options: FollowListsOptions): FollowingLists {
  const followers = options.instances.map((instance) => {
    const ready = createLatch()
    const ended = follow(lists, instance, { ...options, isReady: ready.open }).finally(ready.open)
    return { ready: ready.opened, ended }
  })
  return {
    ready: Promise.all(followers.map(({ ready }) => ready)).then(() => undefined),
    ended: Promise.all(followers.map(({ ended }) => ended)).then(() => undefined),
  }
}

/** Never rejects: a MISP that cannot be asked leaves its lists as they are. */
async function follow(
  lists: WarningLists,
  { provider, client }: ListInstance,
  { stateDir, telemetry, signal, isReady }: FollowListsOptions & { readonly isReady: () => void },
): Promise<void> {
  const events = warningListEvents(telemetry)
  const target = { lists, events, source: provider }
  const kept = createKeptLists(join(stateDir, 'warninglists', provider))
  const instance = createInstanceLists({ provider, client, kept, events })
  let last: readonly WarningList[] = []
  await took(async () => ({ lists: await instance.restore(signal), complete: true }), 'kept')
  if (last.length > 0) isReady()
  while (!signal.aborted) {
    const isFresh = await took(() => instance.refresh(signal), 'source')
    isReady()
    await telemetry.clock.sleep(isFresh ? REFRESH_MS : RETRY_MS, signal)
  }

  async function took(work: () => Promise<Refreshed>, from: 'kept' | 'source'): Promise<boolean> {
    try {
      const { lists: fresh, complete } = await work()
      if (!isSame(fresh, last)) use(target, fresh, from)
      last = fresh
      return complete
    } catch (error) {
      if (!signal.aborted) events.instanceFailed(provider, error, RETRY_MS)
      return false
    }
  }
}

function isSame(a: readonly WarningList[], b: readonly WarningList[]): boolean {
  return a.length === b.length && a.every((list, index) => list === b[index])
}

interface Target {
  readonly lists: WarningLists
  readonly events: WarningListEvents
  readonly source: string
}

function use(
  { lists, events, source }: Target,
  given: readonly WarningList[],
  from: 'source' | 'kept',
): void {
  lists.replace(source, given)
  const skipped = given.reduce((sum, list) => sum + list.skipped, 0)
  events.inUse(source, { lists: given.length, entries: lists.entries(source), skipped }, from)
}
