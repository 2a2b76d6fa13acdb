/**
 * How fast and how large: `npm run bench [-- --alerts 200000] [--out .cache/bench.json]`. Everything is measured in one
 * process run and told as a ratio to the bare minimum any tool must do, splitting the same file into lines and
 * `JSON.parse`, because single rates depend on the machine. Memory is measured in a process of its own.
 */
import { execFileSync } from 'node:child_process'
import { mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { parseArgs } from 'node:util'
import { generateAlerts, generateFeed } from './generate.ts'
import { bareSplitAndParse, extractAlone, wholeScan } from './measure.ts'

const { values: options } = parseArgs({
  options: {
    alerts: { type: 'string', default: '100000' },
    rounds: { type: 'string', default: '3' },
    seed: { type: 'string', default: '1' },
    out: { type: 'string', default: '.cache/bench.json' },
  },
})

const FEED_SIZES = [1000, 100_000, 1_000_000] as const

interface Row {
  readonly name: string
  readonly alertsPerSecond: number
  /** To bare split and parse in the same round: the median over the rounds. */
  readonly ratio: number
}

function median(numbers: readonly number[]): number {
  return numbers.toSorted((a, b) => a - b)[Math.floor(numbers.length / 2)] ?? Number.NaN
}

function say(text: string): void {
  process.stdout.write(`${text}\n`)
}

/** One round is the bare measure and then the other on the same file, so that both see the same machine. */
async function compare(name: string, file: Buffer, work: () => Promise<number> | number): Promise<Row> {
  const ratios: number[] = []
  const rates: number[] = []
  // Once without counting: the compiler has seen neither the code nor this feed yet.
  await work()
  for (let round = 0; round < Number(options.rounds); round++) {
    const bare = bareSplitAndParse(file)
    const rate = await work()
    ratios.push(rate / bare)
    rates.push(rate)
  }
  const row = { name, alertsPerSecond: Math.round(median(rates)), ratio: Number(median(ratios).toFixed(3)) }
  say(`${name.padEnd(36)} ${String(row.alertsPerSecond).padStart(9)}/s   ${row.ratio.toFixed(3)} of bare`)
  return row
}

async function main(folder: string): Promise<void> {
  const seed = Number(options.seed)
  const alerts = join(folder, 'alerts.json')
  const made = generateAlerts({ seed, count: Number(options.alerts), path: alerts })
  const file = readFileSync(alerts)
  say(
    `${made.lines} alerts, ${(made.bytes / made.lines).toFixed(0)} bytes each on average, seed ${seed}, Node ${process.version}`,
  )
  const bare = median(Array.from({ length: 3 }, () => bareSplitAndParse(file)))
  say(`${'bare line split + JSON.parse'.padEnd(36)} ${String(Math.round(bare)).padStart(9)}/s`)

  const rows = [await compare('extraction alone', file, () => extractAlone(file))]
  const loads: { indicators: number; seconds: number }[] = []
  for (const count of FEED_SIZES) {
    const feed = join(folder, `feed-${count}.txt`)
    generateFeed({ seed, count, path: feed })
    const scan = await wholeScan(alerts, feed)
    loads.push({ indicators: scan.indicators, seconds: scan.loadSeconds })
    say(`${`loading ${count} indicators`.padEnd(36)} ${scan.loadSeconds.toFixed(2).padStart(9)} s`)
    rows.push(await compare(`scan, ${count} indicators`, file, () => scan.run()))
    await scan.close()
  }
  const memory = measureMemory(folder, alerts, made.lines)
  const report = {
    node: process.version,
    alerts: made.lines,
    bytes: statSync(alerts).size,
    seed,
    bareAlertsPerSecond: Math.round(bare),
    rows,
    loads,
    memory,
  }
  writeFileSync(options.out, `${JSON.stringify(report, undefined, 2)}\n`)
  say(`written to ${options.out}`)
}

/** 1 M indicators, then the alert file over and over until 1 M alerts are done. */
function measureMemory(folder: string, alerts: string, lines: number): unknown {
  const script = fileURLToPath(new URL('./memory.ts', import.meta.url))
  const args = [
    '--import',
    'tsx',
    script,
    join(folder, 'feed-1000000.txt'),
    alerts,
    String(Math.ceil(1_000_000 / lines)),
  ]
  const text = execFileSync(process.execPath, args, {
    encoding: 'utf8',
    stdio: ['ignore', 'pipe', 'inherit'],
  })
  for (const line of text.trim().split('\n').slice(0, -1)) say(line)
  const last: unknown = JSON.parse(text.trim().split('\n').at(-1) ?? 'null')
  return last
}

const folder = mkdtempSync(join(tmpdir(), 'tripline-bench-'))
try {
  await main(folder)
} finally {
  rmSync(folder, { recursive: true, force: true })
}
