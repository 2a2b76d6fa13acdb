import type { Config } from '../../config/schema.ts'
import type { Clock } from '../../core/clock.ts'
import { AppError } from '../../core/errors.ts'
import { isLoopback } from '../../core/loopback.ts'
import { DEFAULT_PORT } from '../../http/config.ts'
import { inspectFeeds } from '../../intel/feed/inspect.ts'
import { createPolicy } from '../../pipeline/policy.ts'
import { inspectQueue } from '../../sinks/wazuh-queue/inspect.ts'
import { feedFindings, noFeeds } from './feeds.ts'
import { checkAlertFile, checkOutput, checkWritable } from './files.ts'
import { ok, type Finding } from './finding.ts'
import { checkHttp } from './http.ts'
import { platformFindings } from './platforms.ts'
import { checkLeftSpools, checkSpool } from './spool.ts'
import { checkWarningLists } from './warninglists.ts'

export interface CheckOptions {
  readonly clock: Clock
  readonly signal: AbortSignal
  /** Called while feeds are read, with the number of indicators so far. */
  readonly onIndicators?: (indicators: number) => void
}

/** Looks at everything a configuration names and reads its feeds; changes nothing. Rejects with INTERNAL after abort. */
export async function checkAccess(config: Config, options: CheckOptions): Promise<readonly Finding[]> {
  const findings = await Promise.all([
    ...Object.entries(config.sources).flatMap(([id, source]) => sourceFindings(`sources.${id}`, source)),
    checkWritable('stateDir', config.stateDir),
  ])
  const sinks = await Promise.all(
    Object.entries(config.sinks).map(([id, sink]) => sinkFindings(`sinks.${id}`, sink)),
  )
  return [
    ...findings,
    ...(await statusPageFindings(config)),
    ...(await checkLeftSpools(config)),
    ...sinks.flat(),
    ...(await checkProviders(config, options)),
    ...(await checkWarningLists(config, options.signal)),
    ...checkPolicy(config),
  ]
}

function sourceFindings(subject: string, source: Config['sources'][string]): readonly Promise<Finding>[] {
  if (source.type === 'spool') return [checkSpool(subject, source.dir)]
  return source.type === 'http' ? [checkHttp(subject, source)] : source.files.map(checkAlertFile)
}

/** Nothing where nothing is to be said: on loopback, as it is by default. */
async function statusPageFindings({ http }: Config): Promise<readonly Finding[]> {
  if (!http.enabled || (http.tls === undefined && isLoopback(http.host))) return []
  return [await checkHttp('http', { ...http, port: http.port ?? DEFAULT_PORT })]
}

async function sinkFindings(subject: string, sink: Config['sinks'][string]): Promise<readonly Finding[]> {
  if (sink.type === 'stdout') return [ok(subject, 'standard output')]
  if (sink.type !== 'wazuh-queue') return [await checkOutput(subject, sink.path)]
  return (await inspectQueue(sink)).map((found) => ({ subject, ...found }))
}

async function checkProviders(
  config: Config,
  { clock, signal, onIndicators }: CheckOptions,
): Promise<readonly Finding[]> {
  const findings: Finding[] = []
  let indicators = 0
  const count = (more: number): void => {
    indicators += more
    onIndicators?.(indicators)
  }
  for (const [id, provider] of Object.entries(config.providers)) {
    const subject = `providers.${id}`
    if (provider.type !== 'feed') {
      findings.push(...(await platformFindings(id, provider, { clock, signal })))
      continue
    }
    if (provider.feeds.length === 0) findings.push(noFeeds(subject, config))
    const feeds = await inspectFeeds(provider, { provider: id, clock, signal, onIndicators: count })
    if (signal.aborted) throw new AppError('INTERNAL', 'Interrupted while reading feeds')
    findings.push(...feeds.flatMap((feed) => feedFindings(subject, feed)))
  }
  return findings
}

function checkPolicy(config: Config): readonly Finding[] {
  return createPolicy(config.policy).invalid.map((entry) => ({
    level: 'error',
    subject: 'policy.allow',
    text: `${entry} is no address, network, domain, URL, e-mail address or digest`,
  }))
}
