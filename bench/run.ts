/**
 * How fast and how large: `npm run bench [-- --alerts 200000] [--rounds 3] [--seed 1] [--out .cache/bench.json]`.
 *
 * Every row is measured in a process of its own, as `tripline scan` is one: round by round the bare minimum any tool must
 * do (splitting the file into lines and `JSON.parse`) and then the thing itself on the same file. The ratio of the two
 * is the result, because single rates depend on the machine.
 */
import { execFileSync } from 'node:child_process'
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { parseArgs } from 'node:util'
import { generateAlerts, generateFeed } from './generate.ts'

const { values: options } = parseArgs({
  options: {
    alerts: { type: 'string', default: '200000' },
    rounds: { type: 'string', default: '3' },
    seed: { type: 'string', default: '1' },
    out: { type: 'string', default: '.cache/bench.json' },
  },
})

const FEED_SIZES = [1000, 100_000, 1_000_000] as const

function say(text: string): void {
  process.stdout.write(`${text}\n`)
}

/** Runs a script of this folder; it prints rows for people, and its result as JSON in the last line. */
function child(script: string, ...args: readonly string[]): unknown {
  const path = fileURLToPath(new URL(script, import.meta.url))
  const text = execFileSync(process.execPath, ['--import', 'tsx', path, ...args], {
    encoding: 'utf8',
    stdio: ['ignore', 'pipe', 'inherit'],
  })
  const lines = text.trim().split('\n')
  for (const line of lines.slice(0, -1)) say(line)
  const result: unknown = JSON.parse(lines.at(-1) ?? 'null')
  return result
}

function main(folder: string): void {
  const seed = Number(options.seed)
  const alerts = join(folder, 'alerts.json')
  const made = generateAlerts({ seed, count: Number(options.alerts), path: alerts })
  const average = (made.bytes / made.lines).toFixed(0)
  say(`${made.lines} alerts, ${average} bytes each on average, seed ${seed}, Node ${process.version}`)
  const rows = [child('./row.ts', alerts, options.rounds)]
  for (const count of FEED_SIZES) {
    const feed = join(folder, `feed-${count}.txt`)
    generateFeed({ seed, count, path: feed })
    rows.push(child('./row.ts', alerts, options.rounds, feed))
  }
  const passes = String(Math.ceil(1_000_000 / made.lines))
  const memory = child('./memory.ts', join(folder, 'feed-1000000.txt'), alerts, passes)
  const report = { node: process.version, alerts: made.lines, bytes: made.bytes, seed, rows, memory }
  mkdirSync(dirname(options.out), { recursive: true })
  writeFileSync(options.out, `${JSON.stringify(report, undefined, 2)}\n`)
  say(`written to ${options.out}`)
}

const folder = mkdtempSync(join(tmpdir(), 'tripline-bench-'))
try {
  main(folder)
} finally {
  rmSync(folder, { recursive: true, force: true })
}
