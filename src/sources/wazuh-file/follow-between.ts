import type { AppError } from '../../core/errors.ts'
import { partsMissing, type DatedFile } from './dated-files.ts'
import { datedKeyOf, lookAtLive, openLive, type Found } from './find-file.ts'
import { AGAIN, QUIET, closingOnError, drain, follow } from './follow-state.ts'
import type { Between, LiveFile, Self, Step } from './follow-state.ts'
import { failsForLong, giveUp, isSpoilt, wasGivenUp, works } from './give-up.ts'
import { finishedBefore } from './known.ts'
import { lookAt, unreadable } from './open-path.ts'
import { sameFile } from './record.ts'
import { allSiblings, siblingsAfter } from './siblings.ts'
import { judge, listCandidates, type Unread } from './unread.ts'

/**
 * The next dated file with bytes not read yet or, when there is none, the live one: Wazuh rotates every ten minutes if so
 * configured, so several can pass while Tripline is stopped or waits. Each file is looked at once for each listing.
 */
export async function stepBetween(self: Self, state: Between): Promise<Step> {
  if (state.plan === undefined) await list(self, state)
  const { events } = self.context
  for (let next = state.plan?.shift(); next !== undefined; next = state.plan?.shift()) {
    const candidate = next
    const judged = await judge(candidate, searchOf(self, state))
    if (judged.kind === 'read' || judged.kind === 'unread') tellGap(self, state, candidate.key)
    switch (judged.kind) {
      case 'read':
        continue
      case 'vanished':
        if (state.vanished.has(candidate.path)) continue
        state.vanished.add(candidate.path)
        state.plan = undefined
        return AGAIN
      case 'unreadable': {
        if (await wasGivenUp(self, candidate.path)) continue
        return stepUnreadable(self, state, candidate, judged.error)
      }
      case 'unread': {
        state.relist = true
        if (state.from !== null && candidate.key > state.from) state.from = candidate.key
        const final = candidate.gzip || candidate.key === '' || candidate.key !== state.newest
        events.catchingUp(self.context.file, (state.plan?.length ?? 0) + 1)
        return beginOne(self, state, { candidate, found: { ...judged.found, final } })
      }
    }
  }
  state.plan = undefined
  if (!state.relist) return goLive(self, state)
  state.relist = false
  return AGAIN
}

async function beginOne(
  self: Self,
  state: Between,
  { candidate, found }: { readonly candidate: DatedFile; readonly found: Found },
): Promise<Step> {
  try {
    const step = await closingOnError(found.opened, () => drain(self, found, state))
    works(self, candidate.path)
    return step
  } catch (error) {
    return stepUnreadable(self, state, candidate, unreadable(error))
  }
}

/** Passing it over would lose it: only a spoilt one, while the live one is there, and after a while. */
async function stepUnreadable(
  self: Self,
  state: Between,
  { path, key }: DatedFile,
  error: AppError,
): Promise<Step> {
  const { access, events } = self.context
  events.unreadable(path, error)
  state.plan = undefined
  const looked = await lookAt(access, path)
  if (!isSpoilt(error) || state.live === undefined || looked.kind !== 'there') {
    works(self, path)
    return QUIET
  }
  if (!failsForLong(self, path)) return QUIET
  return giveUp(self, { ...looked.identity, offset: 0, dated: key === '' ? null : key }, error)
}

async function list(self: Self, state: Between): Promise<void> {
  const looked = await lookAtLive(self.place)
  if (looked.kind === 'unreadable') self.context.events.unreadable(self.context.file, looked.error)
  state.live = looked.kind === 'there' ? looked.identity : undefined
  const candidates =
    state.from === null ? await listUndated(self, state) : await listCandidates(searchOf(self, state))
  state.plan = [...candidates]
  state.newest = state.plan.at(-1)?.key ?? ''
}

/** Outside Wazuh's folders: what was renamed since the file read last. */
async function listUndated({ place, record }: Self, { gone }: Between): Promise<readonly DatedFile[]> {
  if (record.current === null) return []
  // Duplicates rather than a gap: of those that were read, `finished` knows.
  if (gone) return allSiblings(place.file)
  return (await siblingsAfter(place.file, record.current, place.access)) ?? []
}

function searchOf({ place, record }: Self, { from, live }: Between): Unread {
  const { finished, forgotten } = record
  return { place, from: from ?? '', finished, forgotten, live }
}

async function goLive(self: Self, state: Between): Promise<Step> {
  const { file, events } = self.context
  const result = state.live === undefined ? undefined : await openLive(self.place)
  if (result?.kind === 'unreadable' || result?.kind === 'no file') events.unreadable(file, result.error)
  if (result?.kind !== 'open') {
    if (state.live === undefined && !state.told) events.missing(file)
    state.told = true
    return QUIET
  }
  const { file: opened, instead } = result
  if (state.live === undefined || !sameFile(opened, state.live)) {
    // Rotated again between the two looks: the file in between may be one of the unread ones now.
    await opened.handle.close()
    return AGAIN
  }
  const live: LiveFile = instead === undefined ? { opened } : { opened, instead }
  return closingOnError(opened, async () => {
    const key = instead ?? (await datedKeyOf(self.place, opened))
    if (key !== null && state.from !== null) tellGap(self, state, key)
    const known = await finishedBefore(opened, self.record.finished, { key })
    const offset = known !== undefined && known.offset <= opened.size ? known.offset : 0
    return follow(self, live, offset, offset === 0 ? 'beginning' : 'checkpoint')
  })
}

/** Parts of a day are numbered without gap: a number left out was a file that is gone now. */
function tellGap({ context, record }: Self, state: Between, key: string): void {
  const current = record.current?.dated ?? ''
  const after = state.looked > current ? state.looked : current
  if (key > state.looked) state.looked = key
  if (after === '' || key <= after) return
  const files = partsMissing(after, key)
  if (files > 0) context.events.gap({ file: context.file, after, before: key, files })
}
