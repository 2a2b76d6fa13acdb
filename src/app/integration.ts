import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { Config } from '../config/schema.ts'
import { AppError, toAppError, type ErrorCode } from '../core/errors.ts'
import type { Match } from '../core/match.ts'
import type { Notice, Platform, Sink } from '../core/ports.ts'
import { createDeliver } from '../pipeline/deliver.ts'
import type { Analysis } from '../pipeline/analyse.ts'
import { createDecoder } from '../sources/decode.ts'
import { readAlertFile, type AlertFile } from '../sources/spool/alert-file.ts'
import { spoolConfig } from '../sources/spool/config.ts'
import {
  DENIED_TEXT,
  malformedNotice,
  missingParts,
  missingText,
  POISON_TEXTS,
} from '../sources/spool/malformed.ts'
import { platformOf } from '../sources/spool/names.ts'
import { appEvents } from '../telemetry/events/app.ts'
import { deliveryEvents } from '../telemetry/events/delivery.ts'
import { integrationEvents } from '../telemetry/events/integration.ts'
import { createSinks, type DaemonParts } from './components.ts'
import { openOffline } from './offline.ts'
import { examine, matchesOf } from './scan.ts'
import { createClosingStack, within, type ClosingStack } from './shutdown.ts'

/** Of the time-out, when each must be over; the rest is for the sinks. */
const SHARES = { lists: 0.3, answers: 0.7 } as const
const FOR_LOOKING = 0.8

/** Sinks whose readers are Wazuh: the results of an integration go there and nowhere else. */
const TO_WAZUH: ReadonlySet<string> = new Set(['wazuh-log', 'wazuh-queue'])

export interface IntegrationRun {
  readonly alertFile: string
  /** `custom-opencti`, `custom-misp`; '' when it is not known. */
  readonly name: string
  readonly timeoutMs: number
  readonly signal: AbortSignal
}

export interface IntegrationOutcome {
  /** Whether Wazuh was told all there was to tell. */
  readonly told: boolean
  /** Work was left behind that may never end. */
  readonly late: boolean
}

/** What one alert gave. */
interface Found {
  readonly alerts: number
  readonly matches: readonly Match[]
  readonly notices: readonly Notice[]
}

/**
 * Looks one alert up without a daemon and tells Wazuh what was found, or what went wrong, within the time-out. Takes no lock and
 * keeps nothing. Rejects with an AppError only when Wazuh cannot be told anything: no sink goes there, or none can be opened.
 */
export async function runIntegration(parts: DaemonParts, run: IntegrationRun): Promise<IntegrationOutcome> {
  const { telemetry } = parts
  const { clock } = telemetry
  const began = clock.monotonic()
  const left = (share: number): number => Math.max(0, share * run.timeoutMs - (clock.monotonic() - began))
  const events = integrationEvents(telemetry, run.name)
  const closing = createClosingStack(clock, appEvents(telemetry))
  try {
    const stateDir = await scratchFolder(closing)
    const sinks = await createSinks(
      { ...parts, config: { ...toWazuhOnly(parts.config), stateDir } },
      { closing },
    )
    const found = await lookUp(parts, run, { left, closing })
    if (found.error !== undefined) events.failed(found.error)
    const told = await tell(found, sinks, { parts, left })
    if (!told) events.undelivered(run.timeoutMs)
    const { alerts, matches, notices } = found
    const ms = Math.round(clock.monotonic() - began)
    events.done({ alerts, matches: matches.length, notices: notices.length, ms })
    const stuck = await closing.closeAll(Math.max(left(1), CLOSING_MS))
    return { told, late: found.late || stuck.length > 0 }
  } catch (error) {
    await closing.closeAll(CLOSING_MS)
    throw error
  }
}

/** Its outboxes are its own: a daemon may be using those below the state directory, and integratord's user may not. */
async function scratchFolder(closing: ClosingStack): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), 'tripline-integration-'))
  closing.push('scratch folder', () => rm(folder, { recursive: true, force: true }))
  return folder
}

/** At least so long sinks may take to close. */
const CLOSING_MS = 250

function toWazuhOnly(config: Config): Config {
  const sinks = Object.fromEntries(Object.entries(config.sinks).filter(([, { type }]) => TO_WAZUH.has(type)))
  if (Object.keys(sinks).length > 0) return { ...config, sinks }
  const hint = `Add one of type ${[...TO_WAZUH].join(' or ')} (deploy/wazuh/README.md).`
  throw new AppError('CONFIG_INVALID', 'No sink of the configuration goes to Wazuh', { hint })
}

/** Milliseconds until a share of the time-out has passed. */
type Left = (share: number) => number

interface LookUpContext {
  readonly left: Left
  readonly closing: ClosingStack
}

/** Never rejects: what went wrong is a notice. */
async function lookUp(
  parts: DaemonParts,
  run: IntegrationRun,
  context: LookUpContext,
): Promise<Found & { readonly error?: AppError; readonly late: boolean }> {
  const { clock } = parts.telemetry
  const giveUp = new AbortController()
  const signal = AbortSignal.any([run.signal, giveUp.signal])
  const failed = (error: AppError): Found & { readonly error: AppError } => ({
    alerts: 0,
    matches: [],
    notices: [
      noticeOf({ error, provider: providerOf(run), platform: platformOf(run.name), at: clock.now() }),
    ],
    error,
  })
  const working = findIn(parts, { ...run, signal }, context).catch((error: unknown) =>
    failed(toAppError(error)),
  )
  if (await within(working, context.left(FOR_LOOKING), clock)) return { ...(await working), late: false }
  giveUp.abort()
  return { ...failed(tooLate(run)), late: true }
}

function tooLate({ timeoutMs }: IntegrationRun): AppError {
  return new AppError('PROVIDER_UNREACHABLE', `The alert was not looked up within ${timeoutMs / 1000} s`)
}

/** Why a file gave no alert. */
function textOf(file: Exclude<AlertFile, { kind: 'alerts' }>): string {
  if (file.kind === 'denied') return DENIED_TEXT
  return file.kind === 'gone' ? POISON_TEXTS.empty : POISON_TEXTS[file.reason]
}

async function findIn(
  parts: DaemonParts,
  run: IntegrationRun,
  { left, closing }: LookUpContext,
): Promise<Found> {
  const { config, telemetry } = parts
  const { name, signal } = run
  const now = telemetry.clock.now()
  const malformed = (text: string): Notice =>
    malformedNotice({ text, provider: providerOf(run), integration: name, at: now })
  const { maxAlertBytes } = spoolConfig.parse({ type: 'spool' })
  const decode = await createDecoder({ digests: false })
  const file = await readAlertFile(run.alertFile, { decode, maxBytes: maxAlertBytes })
  if (file.kind !== 'alerts') {
    return { alerts: 0, matches: [], notices: [malformed(textOf(file))] }
  }
  const offline = await openOffline({ config, telemetry, signal, patience: (stage) => left(SHARES[stage]) })
  // Requests that hang may hold it up: what was found does not wait for it.
  closing.push('look-up', () => offline.close())
  const { analyses } = await examine(file.alerts, offline, signal)
  const { matches } = matchesOf(analyses, offline, telemetry.clock.now())
  const incomplete = file.alerts
    .map(missingParts)
    .filter((missing) => missing.length > 0)
    .slice(0, 1)
    .map((missing) => malformed(missingText(missing)))
  return {
    alerts: file.alerts.length,
    matches,
    notices: [...incomplete, ...unansweredNotices(analyses, { config, run, at: now })],
  }
}

function providerOf({ name }: IntegrationRun): string {
  return name === '' ? 'integration' : name
}

/** One for each provider and reason, told as the trouble of the platform that it is: the alert may be another script's. */
function unansweredNotices(
  analyses: readonly Analysis[],
  { config, run, at }: { readonly config: Config; readonly run: IntegrationRun; readonly at: number },
): readonly Notice[] {
  const notices = new Map<string, Notice>()
  for (const { judged } of analyses) {
    for (const { provider, error = tooLate(run) } of judged.flatMap(({ unanswered = [] }) => unanswered)) {
      const platform = platformOfProvider(config, provider)
      notices.set(`${provider} ${error.code}`, noticeOf({ error, provider, platform, at }))
    }
  }
  return [...notices.values()]
}

function platformOfProvider({ providers }: Config, provider: string): Platform | undefined {
  const type = providers[provider]?.type
  return type === 'feed' ? undefined : type
}

interface Trouble {
  readonly error: { readonly code: ErrorCode; readonly message: string }
  readonly provider: string
  readonly platform: Platform | undefined
  readonly at: number
}

function noticeOf({ error: { code, message }, provider, platform, at }: Trouble): Notice {
  return { provider, ...(platform === undefined ? {} : { platform }), kind: 'failing', code, message, at }
}

/** True when every sink has taken everything, and its readers have it. */
async function tell(
  { matches, notices }: Found,
  sinks: readonly Sink[],
  { parts, left }: { readonly parts: DaemonParts; readonly left: Left },
): Promise<boolean> {
  const { telemetry } = parts
  const over = new AbortController()
  const { deliver } = createDeliver(
    sinks.map((sink) => ({ sink })),
    { clock: telemetry.clock, events: deliveryEvents(telemetry) },
  )
  const work = async (): Promise<boolean> => {
    const taken = await Promise.all([
      deliver({ parsed: [], matches }, over.signal),
      ...sinks.flatMap((sink) => notices.map((notice) => sink.notice?.(notice))),
    ])
    // What waits in an outbox is lost with it.
    const flushed = await Promise.all(sinks.map(async (sink) => sink.flushed?.(over.signal)))
    return ![...taken, ...flushed].includes(false)
  }
  const told = work().catch(() => false)
  const inTime = await within(told, left(1), telemetry.clock)
  over.abort()
  return inTime && (await told)
}
