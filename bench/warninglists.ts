/**
 * Memory and speed of warning-lists of a million entries: `npx tsx bench/warninglists.ts`. Each kind is measured in a process of
 * its own (RssAnon of proc_pid_status(5), before and after), once from a file, as the daemon reads it, and asked about listed
 * values and others by turns. Prints rows, then JSON.
 */
import { execFileSync } from 'node:child_process'
import { createHash } from 'node:crypto'
import { mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { readListFile } from '../src/intel/warninglists/list-file.ts'
import type { IndicatorValue } from '../src/canonical/indicator-value.ts'

const ENTRIES = 1_000_000
const LOOK_UPS = 200_000
const MIB = 1024 * 1024

interface Kind {
  readonly name: string
  readonly type: string
  entry(index: number): string
  /** Listed where `index` is below `ENTRIES`. */
  value(index: number): IndicatorValue
}

function octets(index: number): string {
  // An odd factor spreads the addresses over the whole space, each once.
  const address = Math.imul(index, 0x9e3779b1) >>> 0
  return `${address >>> 24}.${(address >>> 16) & 255}.${(address >>> 8) & 255}.${address & 255}`
}

function digest(index: number): string {
  return createHash('sha256').update(String(index)).digest('hex')
}

function site(index: number): string {
  return `${digest(index).slice(0, 3 + (index % 12))}-${index.toString(36)}.example.com`
}

const KINDS: readonly Kind[] = [
  {
    name: 'string, SHA-256',
    type: 'string',
    entry: digest,
    value: (i) => ({ type: 'sha256', value: digest(i) }),
  },
  { name: 'string, sites', type: 'string', entry: site, value: (i) => ({ type: 'domain', value: site(i) }) },
  {
    name: 'hostname',
    type: 'hostname',
    entry: site,
    value: (i) => ({ type: 'domain', value: `www.${site(i)}` }),
  },
  { name: 'cidr, IPv4', type: 'cidr', entry: octets, value: (i) => ({ type: 'ipv4', value: octets(i) }) },
  {
    name: 'substring',
    type: 'substring',
    entry: site,
    value: (i) => ({ type: 'email', value: `a@${site(i)}` }),
  },
]

function anonymousMiB(): number {
  const status = readFileSync('/proc/self/status', 'utf8')
  return (Number(/^RssAnon:\s+(\d+) kB/m.exec(status)?.[1] ?? Number.NaN) * 1024) / MIB
}

/** What V8 would free sooner or later by itself. */
function collectGarbage(): void {
  for (let pass = 0; pass < 3; pass++) globalThis.gc?.()
}

/** What is held in typed arrays and buffers, the rest being what V8 keeps for itself. */
function heldMiB(): number {
  return process.memoryUsage().arrayBuffers / MIB
}

async function measure(kind: Kind, path: string): Promise<object> {
  collectGarbage()
  const before = { anonymous: anonymousMiB(), held: heldMiB() }
  const started = performance.now()
  const end = await readListFile(path, {}, new AbortController().signal)
  const seconds = (performance.now() - started) / 1000
  if (end.kind !== 'list') throw new Error(end.problem)
  collectGarbage()
  const mebibytes = anonymousMiB() - before.anonymous
  const held = heldMiB() - before.held
  const values = Array.from({ length: LOOK_UPS }, (_, i) => kind.value(i % 2 === 0 ? i * 5 : ENTRIES + i))
  const asked = performance.now()
  let hits = 0
  for (const value of values) if (end.list.match(value) !== undefined) hits += 1
  const lookUpsPerSecond = Math.round((LOOK_UPS / (performance.now() - asked)) * 1000)
  if (hits < LOOK_UPS / 2) throw new Error(`${hits} of ${LOOK_UPS / 2} listed values were found`)
  return {
    name: kind.name,
    entries: end.list.entries,
    fileMiB: round(statSync(path).size / MIB),
    loadSeconds: round(seconds),
    memoryMiB: round(mebibytes),
    memoryMB: round((mebibytes * MIB) / 1e6),
    inBuffersMB: round((held * MIB) / 1e6),
    lookUpsPerSecond,
  }
}

function round(value: number): number {
  return Number(value.toFixed(1))
}

function main(folder: string): void {
  const rows = KINDS.map((kind, index) => {
    const path = join(folder, `${index}.json`)
    const list = Array.from({ length: ENTRIES }, (_, i) => kind.entry(i))
    writeFileSync(
      path,
      JSON.stringify({ name: kind.name, type: kind.type, version: 1, description: '', list }),
    )
    const args = ['--expose-gc', '--import', 'tsx', fileURLToPath(import.meta.url), String(index), path]
    const text = execFileSync(process.execPath, args, {
      encoding: 'utf8',
      stdio: ['ignore', 'pipe', 'inherit'],
    })
    process.stdout.write(text)
    rmSync(path)
    const row: unknown = JSON.parse(text)
    return row
  })
  process.stdout.write(`${JSON.stringify({ node: process.version, rows })}\n`)
}

const [child, path] = process.argv.slice(2)
const kind = KINDS[Number(child)]
if (kind !== undefined && path !== undefined) {
  process.stdout.write(`${JSON.stringify(await measure(kind, path))}\n`)
} else {
  const folder = mkdtempSync(join(tmpdir(), 'tripline-bench-'))
  try {
    main(folder)
  } finally {
    rmSync(folder, { recursive: true, force: true })
  }
}
