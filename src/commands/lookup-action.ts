import { lookUpOne } from '../app/look-up.ts'
import { openOffline, type Offline } from '../app/offline.ts'
import { indicatorRecord } from '../app/results.ts'
import { indicatorValues } from '../canonical/indicator-value.ts'
import { canonicalIp } from '../canonical/ip.ts'
import type { MatchedIndicator } from '../core/match.ts'
import type { Observable } from '../core/observable.ts'
import { jsonLine, printable } from '../core/text.ts'
import type { IntelOptions } from './feed-option.ts'
import { EXIT, type CommandIo } from './io.ts'
import type { Judged } from '../pipeline/analyse.ts'
import { configFor, hasIndicators, quietTelemetry } from './shared.ts'
import { indicatorLine, unansweredText } from './text.ts'

export interface LookupOptions extends IntelOptions {
  readonly json?: true
}

/** What is known of one value. */
interface Answer {
  readonly input: string
  readonly type?: string
  readonly value?: string
  /**
   * `held`: indicators are known, and each of them, or the value itself, is held back. `unanswered`: a provider could not
   * be asked, and no other knows the value.
   */
  readonly verdict: 'hit' | 'held' | 'miss' | 'excluded' | 'unanswered' | 'invalid'
  /** Why it is not looked up, or why what was found does not count. */
  readonly reason?: string
  /** What to do about it. */
  readonly hint?: string
  readonly indicators: readonly MatchedIndicator[]
}

export async function lookUpValues(
  values: readonly string[],
  options: LookupOptions,
  io: CommandIo,
): Promise<void> {
  const config = await configFor(options, io)
  const telemetry = quietTelemetry(io)
  const offline = await openOffline({ config, telemetry, signal: io.signal })
  hasIndicators(offline, io)
  try {
    for (const input of values) {
      const answers = await lookUp(input, offline, { now: telemetry.clock.now(), signal: io.signal })
      for (const answer of answers)
        io.stdout.write(options.json === true ? `${jsonLine(recordOf(answer))}\n` : textOf(answer, offline))
      if (answers.some(({ verdict }) => verdict === 'invalid' || verdict === 'unanswered'))
        io.setExitCode(EXIT.failure)
    }
  } finally {
    await offline.close()
  }
}

interface Asking {
  readonly now: number
  readonly signal: AbortSignal
}

async function lookUp(input: string, offline: Offline, asking: Asking): Promise<readonly Answer[]> {
  const values = indicatorValues(input)
  if (values.length === 0) return [invalid(input, 'not an address, domain, URL, e-mail address or digest')]
  if (values.some(({ value }) => isNetwork(value)))
    return [invalid(input, 'a network cannot be looked up, the addresses in it can')]
  return await Promise.all(
    values.map(async ({ type, value }) => {
      const special = canonicalIp(value)?.special
      const observable: Observable = {
        type,
        value,
        where: ['lookup'],
        ...(special === undefined ? {} : { special }),
      }
      return { input, type, value, ...answerOf(await lookUpOne(observable, offline, asking), observable) }
    }),
  )
}

function answerOf(
  { excluded, indicators, suppressedBy, unanswered = [] }: Judged,
  { special }: Observable,
): Pick<Answer, 'verdict' | 'reason' | 'hint' | 'indicators'> {
  if (excluded !== undefined && excluded === special) {
    const hint = `policy.lookUpSpecial: [${excluded}] has such addresses looked up`
    return { verdict: 'excluded', reason: excluded, hint, indicators }
  }
  const counts = indicators.length > 0 && suppressedBy.length === 0
  if (unanswered.length > 0 && !counts) {
    const reason = unanswered.map(unansweredText).join('; ')
    const hint = unanswered.find(({ error }) => error?.hint !== undefined)?.error?.hint
    return { verdict: 'unanswered', reason, hint: hint ?? '`tripline check` tells what is wrong', indicators }
  }
  const verdict = indicators.length === 0 ? 'miss' : counts ? 'hit' : 'held'
  return { verdict, ...(excluded === undefined ? {} : { reason: excluded }), indicators }
}

function invalid(input: string, reason: string): Answer {
  return { input, verdict: 'invalid', reason, indicators: [] }
}

/** As `--json` gives it: indicators in the form of a match record (docs/output.md). */
function recordOf({ indicators, ...answer }: Answer): object {
  return { ...answer, indicators: indicators.map(indicatorRecord) }
}

function isNetwork(value: string): boolean {
  return /^[0-9a-f.:]+\/\d+$/.test(value)
}

function textOf(
  { input, type, value = input, verdict, reason, hint, indicators }: Answer,
  { policy }: Offline,
): string {
  const why = reason === undefined ? '' : ` (${reason})`
  const lines = [
    ...(hint === undefined ? [] : [`  ${hint}\n`]),
    ...indicators.map((found) => `  ${indicatorLine(found, policy)}\n`),
  ]
  return `${verdict}${why}: ${type === undefined ? '' : `${type} `}${printable(value)}\n${lines.join('')}`
}
