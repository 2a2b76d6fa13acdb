/**
 * Makes large inputs for benchmarks and stress tests: alerts as a Wazuh 4.x manager writes them, and feeds. The same
 * options always give the same bytes.
 *
 *   npx tsx bench/generate.ts --alerts 100000 --out alerts.json [--seed 1]
 *   npx tsx bench/generate.ts --indicators 1000000 --out feed.txt [--seed 1]
 */
import { closeSync, openSync, writeSync } from 'node:fs'
import { pathToFileURL } from 'node:url'
import { parseArgs } from 'node:util'
import { indicatorValues } from '../src/canonical/indicator-value.ts'
import type { ObservableType } from '../src/core/observable.ts'
import { CLOUD_TEMPLATES } from './generator/cloud-templates.ts'
import { HOST_TEMPLATES } from './generator/host-templates.ts'
import { NETWORK_TEMPLATES } from './generator/network-templates.ts'
import { createRandom } from './generator/random.ts'
import type { Draft, Template } from './generator/template.ts'
import { newIndicator } from './generator/values.ts'
import { WINDOWS_TEMPLATES } from './generator/windows-templates.ts'
import { createAgents, createWorld, type Plant, type PlantType, type World } from './generator/world.ts'

export const TEMPLATES: readonly Template[] = [
  ...HOST_TEMPLATES,
  ...WINDOWS_TEMPLATES,
  ...NETWORK_TEMPLATES,
  ...CLOUD_TEMPLATES,
]

export interface GenerateAlertsOptions {
  readonly seed: number
  readonly count: number
  /** The file to write; replaced when it exists. */
  readonly path: string
  /** Agents the alerts come from, the manager included. 200 when absent. */
  readonly agents?: number
  /** Values to put into alerts, in turn: IPv4 addresses, names, URLs, MD5, SHA-1 and SHA-256 digests. */
  readonly plant?: readonly string[]
  /** One planted value in every so many alerts. 100 when absent. */
  readonly plantEvery?: number
}

export interface GenerateFeedOptions {
  readonly seed: number
  /** Lines, planted values included. */
  readonly count: number
  readonly path: string
  /** Values to spread evenly over the feed. */
  readonly plant?: readonly string[]
}

export interface Generated {
  readonly lines: number
  readonly bytes: number
  /** How many lines carry a planted value. */
  readonly planted: number
}

const CHUNK_BYTES = 1 << 20
/** 2026-11-20T08:00:00Z */
const START_MS = Date.UTC(2026, 10, 20, 8)
/** 400 alerts a second: a busy manager. */
const STEP_MS = 2.5
const HOUR_S = 3600

/** Writes `count` alerts, one a line; what is not planted never equals a value of `generateFeed`. */
export function generateAlerts(options: GenerateAlertsOptions): Generated {
  const random = createRandom(options.seed)
  const world = createWorld(random, createAgents(options.agents ?? 200))
  const choose = weighted(TEMPLATES)
  const plants = (options.plant ?? []).map(plantOf)
  const every = options.plantEvery ?? 100
  const manager = managerSide()
  let planted = 0
  const written = writeLines(options.path, options.count, (index) => {
    const plant = index % every === every - 1 ? plants[planted % plants.length] : undefined
    const template = plant === undefined ? choose(random.int(1e9) / 1e9) : carrierOf(plant, world)
    if (plant !== undefined) planted += 1
    world.plant(plant)
    return manager.finish(index, world, template)
  })
  return { ...written, planted }
}

/** Writes a plain list: 40 % IPv4 addresses, 25 % names, 15 % URLs, 20 % digests, and the planted values. */
export function generateFeed(options: GenerateFeedOptions): Generated {
  const random = createRandom(options.seed ^ 0x5eed)
  const plant = options.plant ?? []
  const every = plant.length === 0 ? Infinity : Math.max(1, Math.floor(options.count / plant.length))
  let planted = 0
  const written = writeLines(options.path, options.count, (index) => {
    const value = index % every === 0 ? plant[planted] : undefined
    if (value === undefined) return newIndicator(random)
    planted += 1
    return value
  })
  return { ...written, planted }
}

/** `count` different values a feed can hold and an alert can carry, to be planted in both. */
export function plantValues(options: { readonly seed: number; readonly count: number }): readonly string[] {
  const random = createRandom(options.seed ^ 0xf1a7)
  const values = new Set<string>()
  while (values.size < options.count) values.add(newIndicator(random))
  return [...values]
}

/** What the manager adds to every alert: time, id, counters; keys in the order wazuh-analysisd 4.x writes them. */
function managerSide() {
  const fired = new Map<string, number>()
  let hour = 0
  let offset = 0
  return {
    finish(index: number, world: World, template: Template): string {
      const ms = START_MS + Math.floor(index * STEP_MS)
      world.second = Math.floor(ms / 1000)
      const draft = template.make(world)
      if (Math.floor(world.second / HOUR_S) !== hour) {
        fired.clear()
        hour = Math.floor(world.second / HOUR_S)
      }
      const firedTimes = (fired.get(draft.rule.id) ?? 0) + 1
      fired.set(draft.rule.id, firedTimes)
      const line = assemble(draft, ms, `${world.second}.${offset}`, firedTimes)
      offset += Math.floor(line.length / 2) + 300
      return line
    },
  }
}

function assemble(draft: Draft, ms: number, id: string, firedTimes: number): string {
  const { agent, rule } = draft
  return JSON.stringify({
    timestamp: `${new Date(ms).toISOString().slice(0, 23)}+0000`,
    rule: {
      level: rule.level,
      description: rule.description,
      id: rule.id,
      mitre: rule.mitre,
      firedtimes: firedTimes,
      mail: rule.level >= 12,
      groups: rule.groups,
      ...rule.compliance,
    },
    agent: { id: agent.id, name: agent.name, ip: agent.ip },
    manager: { name: 'wazuh-manager' },
    id,
    cluster: { name: 'wazuh', node: 'node01' },
    full_log: draft.fullLog,
    syscheck: draft.syscheck,
    predecoder: draft.predecoder,
    decoder: draft.decoder,
    data: draft.data,
    location: draft.location,
  })
}

function weighted(templates: readonly Template[]): (share: number) => Template {
  const wheel = templates.flatMap((template) => Array.from({ length: template.weight }, () => template))
  return (share) => {
    const template = wheel[Math.floor(share * wheel.length)]
    if (template === undefined) throw new Error('no templates')
    return template
  }
}

function plantOf(text: string): Plant {
  const [found] = indicatorValues(text)
  if (found === undefined || !isPlantType(found.type))
    throw new Error(`cannot be planted in an alert: ${text}`)
  return { type: found.type, value: found.value }
}

function isPlantType(type: ObservableType): type is PlantType {
  return TEMPLATES.some(({ carries }) => carries.some((carried) => carried === type))
}

function carrierOf(plant: Plant, world: World): Template {
  const carriers = TEMPLATES.filter(({ carries }) => carries.includes(plant.type))
  const [first, ...rest] = carriers
  if (first === undefined) throw new Error(`no alert carries the type ${plant.type}`)
  return world.random.pick([first, ...rest])
}

/** Streams `count` lines to a file in blocks of about 1 MiB; memory does not grow with `count`. */
function writeLines(path: string, count: number, line: (index: number) => string) {
  const file = openSync(path, 'w')
  let bytes = 0
  let block = ''
  try {
    for (let index = 0; index < count; index++) {
      block += `${line(index)}\n`
      if (block.length < CHUNK_BYTES && index < count - 1) continue
      bytes += writeAll(file, Buffer.from(block))
      block = ''
    }
  } finally {
    closeSync(file)
  }
  return { lines: count, bytes }
}

function writeAll(file: number, data: Buffer): number {
  let at = 0
  while (at < data.length) at += writeSync(file, data, at)
  return at
}

function main(): void {
  const { values } = parseArgs({
    options: {
      alerts: { type: 'string' },
      indicators: { type: 'string' },
      out: { type: 'string' },
      seed: { type: 'string', default: '1' },
    },
  })
  const count = Number(values.alerts ?? values.indicators)
  if (values.out === undefined || !Number.isInteger(count) || count < 0) {
    process.stderr.write('usage: generate.ts (--alerts N | --indicators N) --out FILE [--seed N]\n')
    process.exitCode = 2
    return
  }
  const options = { seed: Number(values.seed), count, path: values.out }
  const started = performance.now()
  const { lines, bytes } = values.alerts === undefined ? generateFeed(options) : generateAlerts(options)
  const seconds = ((performance.now() - started) / 1000).toFixed(1)
  process.stdout.write(`${lines} lines, ${bytes} bytes in ${seconds} s: ${values.out}\n`)
}

if (import.meta.url === pathToFileURL(process.argv[1] ?? '').href) main()
