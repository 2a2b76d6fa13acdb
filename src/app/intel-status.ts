import type { Config } from '../config/schema.ts'
import { AppError, errorText } from '../core/errors.ts'
import { readStatus, type MirrorStatus } from '../intel/mirror/status.ts'

/** How one provider's indicators are kept, and how fresh they are. */
export type ProviderStatus =
  | { readonly provider: string; readonly kind: 'feed'; readonly feeds: number }
  | { readonly provider: string; readonly kind: 'online' }
  | {
      readonly provider: string
      readonly kind: 'copy'
      readonly mode: 'mirror' | 'hybrid'
      /** As it was told last; undefined when nothing was copied yet. The state is that of now. */
      readonly told: MirrorStatus | undefined
      /** Since it was up to date. */
      readonly ageMs: number | undefined
    }

/** Reads what the daemon, or a run by hand, has written; asks nobody. Rejects with STATE_UNWRITABLE when it may not be read. */
export async function providerStatuses(config: Config, now: number): Promise<readonly ProviderStatus[]> {
  return Promise.all(
    Object.entries(config.providers).map(async ([provider, settings]): Promise<ProviderStatus> => {
      if (settings.type === 'feed') return { provider, kind: 'feed', feeds: settings.feeds.length }
      if (settings.mode === 'online') return { provider, kind: 'online' }
      const told = await statusOf(config.stateDir, provider)
      const ageMs = told?.lastSuccess === undefined ? undefined : Math.max(0, now - told.lastSuccess)
      return { provider, kind: 'copy', mode: settings.mode, told: told && ofNow(told, ageMs), ageMs }
    }),
  )
}

/** Nobody may have been there since to tell that it is stale. */
function ofNow(told: MirrorStatus, ageMs: number | undefined): MirrorStatus {
  const isOld = ageMs !== undefined && ageMs > told.staleAfterMs && told.state !== 'empty'
  return isOld ? { ...told, state: 'stale' } : told
}

async function statusOf(stateDir: string, provider: string): Promise<MirrorStatus | undefined> {
  try {
    return await readStatus(stateDir, provider)
  } catch (error) {
    throw new AppError('STATE_UNWRITABLE', `The state of ${provider} cannot be read: ${errorText(error)}`, {
      cause: error,
      hint: 'Run it as the user that Tripline runs as.',
    })
  }
}
