import { QUIET, moved, park, parts } from './follow-state.ts'
import type { Draining, PartsStep, Self, Step } from './follow-state.ts'
import { GIVEN_UP } from './unread.ts'

/** A packed file that ends too early and does not grow for this long is not being written. */
const PACKING_MS = 10_000

export async function stepDraining(self: Self, state: Draining): Promise<Step> {
  const { open } = state
  const pieces = await open.read()
  if (pieces !== undefined) return parts(self, open, pieces)
  const damage = open.damage()
  if (damage !== undefined) return stepDamaged(self, state, damage)
  if (self.clock.monotonic() < state.until) return QUIET
  return leave(self, state)
}

/** Cut off may mean that it is being written: then it is read on when it has grown. */
async function stepDamaged(self: Self, state: Draining, damage: unknown): Promise<Step> {
  const { open } = state
  const now = self.clock.monotonic()
  if (isCutOff(damage)) {
    const size = await open.size()
    state.cut ??= { since: now, size }
    if (size > state.cut.size) {
      await open.close()
      const { current } = self.record
      self.state = { kind: 'waiting', resume: current, startAt: 'beginning', backfillDays: 0, told: false }
      return QUIET
    }
    if (now - state.cut.since < PACKING_MS) return QUIET
  }
  const { file, events } = self.context
  events.broken({ file, offset: open.end(), dated: open.dated }, damage)
  return leave(self, state, GIVEN_UP)
}

function isCutOff(damage: unknown): boolean {
  return damage instanceof Error && 'code' in damage && damage.code === 'Z_BUF_ERROR'
}

/** `end`: where the file is taken to end, when that is not where reading ended. */
export async function leave(self: Self, state: Draining, end?: number): Promise<PartsStep> {
  const { file, events } = self.context
  const { open, next, final } = state
  events.finished({ file, offset: open.end() })
  self.state = next === 'finished' ? { kind: 'finished' } : next
  if (!final) return park(self, open)
  const last = parts(self, open, open.finish())
  const left = open.left(end ?? open.end())
  await open.close()
  return { kind: 'parts', parts: [...last.parts, ...moved(self, { kind: 'left', left }).parts] }
}
