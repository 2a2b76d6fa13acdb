import { toAppError } from '../../../core/errors.ts'
import type { Telemetry } from '../../../telemetry/telemetry.ts'
import type { Check, Ending, ProviderChecks, ResultOf } from '../schema.ts'
import type { PlatformConfig } from '../subject.ts'
import { judgement, type SuiteContext } from './context.ts'
import { failedAt, reachChecks } from './reach.ts'
import { openMispTalk } from './talk-misp.ts'
import { openOpenCtiTalk } from './talk-opencti.ts'
import type { Talk } from './talk.ts'

/** Of one answer; the settings may say less. */
const MOST_MS = 10_000
/** Characters: what comes from a server is shown. */
const MOST_VERSION = 40

/** Whether each provider is there, lets us in, understands each kind of question, and answers in a form that is understood. */
export async function compatibilitySuite(context: SuiteContext): Promise<ResultOf<'compatibility'>> {
  const { subject, clock, signal, plan } = context
  const started = clock.monotonic()
  const providers: ProviderChecks[] = feedsOf(context)
  const total = subject.platforms.size
  for (const [id, config] of subject.platforms) {
    if (signal.aborted) break
    providers.push(await platformChecks({ ...context, id, config, startedAt: started }))
    context.onProgress(providers.length, total)
  }
  const checks = providers.flatMap((provider) => provider.checks)
  const count = (status: Check['status']): number => checks.filter((check) => check.status === status).length
  const isLate = clock.monotonic() - started >= plan.limitMs
  const ended: Ending = signal.aborted ? context.because() : isLate ? 'time limit' : 'done'
  return {
    suite: 'compatibility',
    ...judgement(ended, {
      faults: providers.flatMap(faultsOf),
      seconds: (clock.monotonic() - started) / 1000,
    }),
    checks_passed: count('passed'),
    checks_failed: count('failed'),
    checks_skipped: count('skipped'),
    providers,
  }
}

/** Feeds were read before: one that cannot be read ends the run. */
function feedsOf({ subject }: SuiteContext): ProviderChecks[] {
  return Object.entries(subject.config.providers)
    .filter(([, { type }]) => type === 'feed')
    .map(([provider]) => ({
      provider,
      type: 'feed',
      checks: [{ check: 'reach', status: 'passed' }],
    }))
}

function faultsOf({ provider, checks }: ProviderChecks): readonly string[] {
  return checks.flatMap(({ check, of = '', status, reason = '' }) =>
    status === 'failed' ? [`${provider}: ${[check, of].filter(Boolean).join(' ')}: ${reason}`] : [],
  )
}

interface PlatformContext extends SuiteContext {
  readonly id: string
  readonly config: PlatformConfig
  readonly startedAt: number
}

async function platformChecks(context: PlatformContext): Promise<ProviderChecks> {
  const { id, config, subject, signal } = context
  const telemetry = subject.telemetry()
  const talk = openTalk({ ...config, timeout: Math.min(config.timeout, MOST_MS) }, id, telemetry)
  const about = { provider: id, type: config.type, origin: new URL(config.url).origin }
  try {
    const version = (await talk.hello(signal)).replaceAll(/[^\w.-]/g, '').slice(0, MOST_VERSION)
    const reached = reachChecks(config, undefined)
    return { ...about, version, checks: [...reached, ...(await questionChecks(talk, context))] }
  } catch (error) {
    if (signal.aborted) return { ...about, checks: [] }
    const first = reachChecks(config, toAppError(error))
    const skipped = talk.questions.map(({ of }): Check => ({
      check: 'query',
      of,
      status: 'skipped',
      reason: `not asked: ${failedAt(toAppError(error))} failed`,
    }))
    return { ...about, checks: [...first, ...skipped] }
  } finally {
    await talk.close()
  }
}

function openTalk(config: PlatformConfig, id: string, telemetry: Telemetry): Talk {
  return config.type === 'misp'
    ? openMispTalk({ id, config, telemetry })
    : openOpenCtiTalk({ id, config, telemetry })
}

/** One after another, as far apart as the settings want requests to be. */
async function questionChecks(talk: Talk, context: PlatformContext): Promise<readonly Check[]> {
  const { clock, signal, config, plan, startedAt } = context
  const checks: Check[] = []
  for (const { of, ask } of talk.questions) {
    if (signal.aborted) break
    if (clock.monotonic() - startedAt >= plan.limitMs) {
      checks.push({ check: 'query', of, status: 'skipped', reason: 'no time left' })
      continue
    }
    await clock.sleep(config.rateLimit, signal)
    checks.push(...(await oneQuestion(of, ask, signal)))
  }
  return checks
}

/** An answer that cannot be read shows that the question was understood. */
async function oneQuestion(
  of: string,
  ask: Talk['questions'][number]['ask'],
  signal: AbortSignal,
): Promise<readonly Check[]> {
  const passed: Check = { check: 'query', of, status: 'passed' }
  try {
    const { malformed } = await ask(signal)
    if (malformed === 0) return [passed, { check: 'answer', of, status: 'passed' }]
    const reason = `${malformed} of its rows could not be read`
    return [passed, { check: 'answer', of, status: 'failed', reason }]
  } catch (error) {
    if (signal.aborted) return []
    const { code, message } = toAppError(error)
    const reason = `${message} (${code})`
    if (code === 'PROVIDER_MALFORMED') return [passed, { check: 'answer', of, status: 'failed', reason }]
    return [
      { check: 'query', of, status: 'failed', reason },
      { check: 'answer', of, status: 'skipped', reason: 'no answer' },
    ]
  }
}
