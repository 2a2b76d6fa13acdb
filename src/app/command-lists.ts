import { join } from 'node:path'
import type { Config } from '../config/schema.ts'
import type { Clock } from '../core/clock.ts'
import { AppError } from '../core/errors.ts'
import { createInstanceLists, type InstanceLists } from '../intel/warninglists/instance.ts'
import { createKeptLists } from '../intel/warninglists/kept-lists.ts'
import type { WarningList } from '../intel/warninglists/list.ts'
import type { WarningLists } from '../intel/warninglists/warning-lists.ts'
import { warningListEvents, type WarningListEvents } from '../telemetry/events/warninglists.ts'
import type { Telemetry } from '../telemetry/telemetry.ts'
import { listInstances, openFolderLists } from './warninglists.ts'

export interface Waiting {
  readonly signal: AbortSignal
  /** Milliseconds for the lists of one MISP; as long as its requests take when absent. */
  readonly patience?: () => number
}

/**
 * The lists of a command, so that it holds back what the daemon does: those of the folders, and of each MISP those that the daemon
 * keeps, else those it gives now. Nothing is written. A MISP that cannot be asked is told and its lists are missing.
 * Rejects with CONFIG_INVALID as a MISP client does, and with INTERNAL after abort.
 */
export async function openCommandLists(
  config: Config,
  telemetry: Telemetry,
  waiting: Waiting,
): Promise<WarningLists> {
  const { signal } = waiting
  const lists = await openFolderLists(config.policy.warningLists, telemetry, signal)
  const events = warningListEvents(telemetry)
  for (const { provider, client } of await listInstances(config, telemetry)) {
    const folder = join(config.stateDir, 'warninglists', provider)
    const kept = {
      ...createKeptLists(folder),
      save: () => Promise.resolve(),
      retain: () => Promise.resolve(),
    }
    const instance = createInstanceLists({ provider, client, kept, events })
    try {
      lists.replace(provider, await listsOf({ provider, instance, events }, waiting, telemetry.clock))
    } finally {
      await client.close()
    }
  }
  return lists
}

interface Asked {
  readonly provider: string
  readonly instance: InstanceLists
  readonly events: WarningListEvents
}

async function listsOf(
  { provider, instance, events }: Asked,
  { signal, patience }: Waiting,
  clock: Clock,
): Promise<readonly WarningList[]> {
  const over = new AbortController()
  const done = new AbortController()
  if (patience !== undefined) void clock.sleep(patience(), done.signal).then(() => over.abort())
  const either = AbortSignal.any([signal, over.signal])
  try {
    const restored = await instance.restore(either)
    return restored.length > 0 ? restored : (await instance.refresh(either)).lists
  } catch (cause) {
    if (signal.aborted) throw new AppError('INTERNAL', 'Interrupted while reading warning-lists', { cause })
    events.instanceFailed(provider, cause)
    return []
  } finally {
    done.abort()
  }
}
