import { untilAborted } from '../../core/abort.ts'
import type { Clock } from '../../core/clock.ts'
import { errorText } from '../../core/errors.ts'
import { clip, printable } from '../../core/text.ts'
import { formatDuration } from '../../core/units.ts'
import { CHECKS, type Check } from './checks.ts'
import type { DoctorContext } from './context.ts'
import { fail, type Result, type Results } from './result.ts'
import type { DoctorReport, ReportedResult } from './schema.ts'
import { createScrub } from './scrub.ts'

const BOUND_MS = 10_000
const GRACE_MS = 5000
/** Of one sentence: an error may quote a whole answer. */
const MAX_TEXT = 8000

export interface Examination {
  readonly report: DoctorReport
  /** True when something did not end in its time: it may never. */
  readonly left: boolean
}

/** Called before and after each check. */
export interface Watching {
  readonly onCheck?: (check: Check, number: number) => void
}

/** Makes every check, one after the other. Never rejects: a check that throws, or takes too long, has failed. */
export async function examine(
  context: DoctorContext,
  signal: AbortSignal,
  { onCheck }: Watching = {},
  checks: readonly Check[] = CHECKS,
): Promise<Examination> {
  const { clock, version, access } = context
  const began = clock.monotonic()
  const at = new Date(clock.now()).toISOString()
  const scrub = createScrub(context)
  const reported: DoctorReport['checks'] = []
  let left = false
  for (const [number, check] of checks.entries()) {
    onCheck?.(check, number)
    const started = clock.monotonic()
    const { results, late } = await bounded(check, context, signal)
    left ||= late
    const { id, group, page } = check
    reported.push({
      id,
      group,
      durationMs: Math.round(clock.monotonic() - started),
      results: results.map((result) => reportedResult(result, page, scrub)),
    })
  }
  const counts = countsOf(reported)
  const durationMs = Math.round(clock.monotonic() - began)
  const ok = counts.fail === 0
  return {
    report: {
      schema: 'tripline.doctor/1',
      version,
      at,
      user: access.user,
      ok,
      counts,
      durationMs,
      checks: reported,
    },
    left,
  }
}

async function bounded(
  check: Check,
  context: DoctorContext,
  signal: AbortSignal,
): Promise<{ readonly results: Results; readonly late: boolean }> {
  if (signal.aborted) return { results: [{ status: 'skipped', seen: 'interrupted before it' }], late: false }
  const { boundMs = BOUND_MS, look } = check
  const time = new AbortController()
  const ended = new AbortController()
  const until = AbortSignal.any([signal, time.signal])
  void expire(context.clock, boundMs, { time, ended: ended.signal })
  const work = Promise.resolve().then(() => look(context, until))
  try {
    const results = await untilAborted(work, until, () => undefined)
    return {
      results: results.length === 0 ? [{ status: 'skipped', seen: 'there is nothing to look at' }] : results,
      late: false,
    }
  } catch (error) {
    if (!until.aborted) return { results: [broken(error)], late: false }
    const late = !(await clearedUp(work, context.clock))
    if (time.signal.aborted) return { results: [tooLate(boundMs)], late }
    return { results: [{ status: 'skipped', seen: 'interrupted' }], late }
  } finally {
    ended.abort()
  }
}

async function expire(
  clock: Clock,
  ms: number,
  { time, ended }: { readonly time: AbortController; readonly ended: AbortSignal },
): Promise<void> {
  await clock.sleep(ms, ended)
  if (!ended.aborted) time.abort()
}

/** What was stopped removes its temporary files before the process may end. */
async function clearedUp(work: Promise<unknown>, clock: Clock): Promise<boolean> {
  const over = new AbortController()
  const settled = work.then(
    () => true,
    () => true,
  )
  try {
    return await Promise.race([settled, clock.sleep(GRACE_MS, over.signal).then(() => false)])
  } finally {
    over.abort()
  }
}

function broken(error: unknown): Result {
  return fail(
    `the look itself failed: ${errorText(error)}`,
    'See the page named here; if it does not say, please report it.',
  )
}

function tooLate(boundMs: number): Result {
  return fail(
    `gave no answer within ${formatDuration(boundMs)}`,
    'A server, a disk or a network file system hangs: look at what this check looks at (docs/doctor.md).',
  )
}

function reportedResult(result: Result, page: string, scrub: (text: string) => string): ReportedResult {
  const clean = (text: string): string => linesOf(clip(scrub(text), MAX_TEXT)) || 'nothing is known'
  const about = result.about === undefined ? {} : { about: clean(result.about) }
  const seen = clean(result.seen)
  if (!('todo' in result)) return { status: result.status, ...about, seen }
  return { status: result.status, ...about, seen, todo: clean(result.todo), page: result.page ?? page }
}

/** Problems of the configuration have lines of their own. */
function linesOf(text: string): string {
  return text
    .split('\n')
    .map((line) => printable(line))
    .join('\n')
}

function countsOf(checks: DoctorReport['checks']): DoctorReport['counts'] {
  const counts = { ok: 0, warn: 0, fail: 0, skipped: 0 }
  for (const { status } of checks.flatMap(({ results }) => results)) counts[status] += 1
  return counts
}
