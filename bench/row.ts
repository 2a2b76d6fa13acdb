/** Child of `run.ts`: `row.ts ALERTS ROUNDS [FEED]`; without a feed extraction alone, with one the whole scan. */
import { readFileSync } from 'node:fs'
import { bareSplitAndParse, extractAlone, wholeScan } from './measure.ts'

const [alerts = '', rounds = '3', feed] = process.argv.slice(2)
const file = readFileSync(alerts)

function median(numbers: readonly number[]): number {
  return numbers.toSorted((a, b) => a - b)[Math.floor(numbers.length / 2)] ?? Number.NaN
}

function say(text: string): void {
  process.stdout.write(`${text}\n`)
}

/** One round is the bare measure and then the work on the same file, so that both see the same machine. */
async function compare(name: string, work: () => Promise<number>): Promise<object> {
  const bare: number[] = []
  const rates: number[] = []
  // Once without counting: the compiler has not seen the code yet.
  await work()
  for (let round = 0; round < Number(rounds); round++) {
    bare.push(bareSplitAndParse(file))
    rates.push(await work())
  }
  const ratio = Number(median(rates.map((rate, round) => rate / (bare[round] ?? Number.NaN))).toFixed(3))
  const row = {
    name,
    bareAlertsPerSecond: Math.round(median(bare)),
    alertsPerSecond: Math.round(median(rates)),
    ratio,
  }
  say(
    `${name.padEnd(28)} ${String(row.alertsPerSecond).padStart(8)}/s   bare ${row.bareAlertsPerSecond}/s   ratio ${ratio}`,
  )
  return row
}

async function main(): Promise<object> {
  if (feed === undefined) return compare('extraction alone', () => extractAlone(file))
  const scan = await wholeScan(alerts, feed)
  say(`${`loading ${scan.indicators} indicators`.padEnd(28)} ${scan.loadSeconds.toFixed(2).padStart(8)} s`)
  const row = await compare(`scan, ${scan.indicators} indicators`, () => scan.run())
  await scan.close()
  return { ...row, indicators: scan.indicators, loadSeconds: scan.loadSeconds }
}

say(JSON.stringify(await main()))
