import { Writable } from 'node:stream'
import { openOffline, withFeeds } from '../src/app/offline.ts'
import { createResultSink } from '../src/app/results.ts'
import { examine, matchesOf, readAlerts } from '../src/app/scan.ts'
import { loadConfig } from '../src/config/load.ts'
import { systemClock } from '../src/core/clock.ts'
import { extractConfig } from '../src/extract/config.ts'
import { createExtractor } from '../src/extract/extract.ts'
import { createDecoder } from '../src/sources/decode.ts'
import { createLogger } from '../src/telemetry/logger.ts'
import { createMetrics } from '../src/telemetry/registry.ts'
import type { Alert } from '../src/core/alert.ts'

/** Alerts a second of the least any tool does: find the line ends, decode, `JSON.parse`. */
export function bareSplitAndParse(file: Buffer): number {
  const started = performance.now()
  let lines = 0
  let start = 0
  for (let end = file.indexOf(10); end >= 0; end = file.indexOf(10, start)) {
    JSON.parse(file.toString('utf8', start, end))
    lines += 1
    start = end + 1
  }
  return (lines / (performance.now() - started)) * 1000
}

/** Alerts a second of the extractor over alerts decoded before; at most 50,000 of them are kept in memory at a time. */
export async function extractAlone(file: Buffer): Promise<number> {
  const decode = await createDecoder()
  const extract = createExtractor(extractConfig.parse({}))
  let done = 0
  let spentMs = 0
  let block: Alert[] = []
  const run = (): void => {
    const started = performance.now()
    for (const alert of block) extract(alert)
    spentMs += performance.now() - started
    done += block.length
    block = []
  }
  let start = 0
  for (let end = file.indexOf(10); end >= 0; end = file.indexOf(10, start)) {
    const decoded = decode(file.subarray(start, end), 'bench', start)
    if (decoded.kind === 'alert') block.push(decoded.alert)
    if (block.length === 50_000) run()
    start = end + 1
  }
  run()
  return (done / spentMs) * 1000
}

export interface WholeScan {
  readonly indicators: number
  readonly loadSeconds: number
  /** Scans the file once, from disk to formatted match records; gives alerts a second. */
  readonly run: () => Promise<number>
  close(): Promise<void>
}

/** What `tripline scan --feed FEED ALERTS` does, all observable types on, records written to nowhere. */
export async function wholeScan(alerts: string, feed: string): Promise<WholeScan> {
  const { config: base } = await loadConfig({ env: {} })
  const config = withFeeds(base, [feed], 'instead')
  const signal = new AbortController().signal
  const telemetry = {
    logger: createLogger({ level: 'warn' }),
    metrics: createMetrics(),
    clock: systemClock,
  }
  const started = performance.now()
  const offline = await openOffline({ config, telemetry, signal })
  const loadSeconds = (performance.now() - started) / 1000
  const nowhere = new Writable({ write: (_chunk, _encoding, done) => done() })
  const sink = await createResultSink(nowhere, telemetry, { text: false, fullAlert: false })
  return {
    indicators: offline.index.size,
    loadSeconds,
    run: async () => {
      const begun = performance.now()
      let done = 0
      for await (const block of readAlerts({
        config,
        files: [alerts],
        stdin: process.stdin,
        telemetry,
        signal,
      })) {
        const { analyses } = await examine(block, offline, signal)
        const { matches } = matchesOf(analyses, offline, Date.now())
        if (matches.length > 0) await sink.write({ parsed: [], matches }, signal)
        done += block.length
      }
      return (done / (performance.now() - begun)) * 1000
    },
    close: () => offline.close(),
  }
}
