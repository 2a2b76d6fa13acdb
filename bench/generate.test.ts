import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { indicatorValues } from '../src/canonical/indicator-value.ts'
import { generateAlerts, generateFeed, plantValues, TEMPLATES } from './generate.ts'

let folder = ''
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'tripline-generate-'))
})
afterAll(() => rmSync(folder, { recursive: true, force: true }))

function linesOf(path: string): string[] {
  const text = readFileSync(path, 'utf8')
  expect(text.endsWith('\n')).toBe(true)
  return text.slice(0, -1).split('\n')
}

function alerts(seed: number, count: number, more: Partial<Parameters<typeof generateAlerts>[0]> = {}) {
  const path = join(folder, `alerts-${seed}-${count}-${Object.keys(more).length}.json`)
  return { ...generateAlerts({ seed, count, path, ...more }), text: linesOf(path) }
}

function feed(seed: number, count: number, plant: readonly string[] = []) {
  const path = join(folder, `feed-${seed}-${count}-${plant.length}.txt`)
  return { ...generateFeed({ seed, count, path, plant }), text: linesOf(path) }
}

describe('generated alerts', () => {
  it('are the same for a seed, and others for another', () => {
    const first = alerts(7, 300).text
    expect(alerts(7, 300).text).toEqual(first)
    expect(alerts(8, 300).text).not.toEqual(first)
  })

  it('are as many as asked for, in as many bytes as reported', () => {
    const { lines, bytes, text } = alerts(1, 2500)
    expect(lines).toBe(2500)
    expect(text).toHaveLength(2500)
    expect(Buffer.byteLength(`${text.join('\n')}\n`)).toBe(bytes)
    expect(generateAlerts({ seed: 1, count: 0, path: join(folder, 'none') })).toEqual({
      lines: 0,
      bytes: 0,
      planted: 0,
    })
  })

  it("each parse, with the manager's keys in its order and a text for every plain value of data", () => {
    const order = [
      'timestamp',
      'rule',
      'agent',
      'manager',
      'id',
      'cluster',
      'full_log',
      'syscheck',
      'predecoder',
      'decoder',
      'data',
      'location',
    ]
    const ids = new Set<string>()
    for (const line of alerts(2, 2000).text) {
      const alert = JSON.parse(line) as Record<string, unknown> & { id: string; timestamp: string }
      const keys = Object.keys(alert)
      expect(keys).toEqual(order.filter((key) => keys.includes(key)))
      expect(alert.timestamp).toMatch(/^2026-11-20T\d\d:\d\d:\d\d\.\d{3}\+0000$/)
      expect(plainValues(alert['data'])).toEqual([])
      ids.add(alert.id)
    }
    expect(ids.size).toBe(2000)
  })

  it('have the sizes of real ones: median about 1 KB, nine of ten below 3 KB', () => {
    const sizes = alerts(3, 5000)
      .text.map((line) => line.length)
      .toSorted((a, b) => a - b)
    expect(sizes[2500]).toBeGreaterThan(800)
    expect(sizes[2500]).toBeLessThan(1500)
    expect(sizes[4500]).toBeGreaterThan(2000)
    expect(sizes[4500]).toBeLessThan(3200)
    expect(sizes.at(-1)).toBeLessThan(65_536)
  })

  it('come in more than 20 kinds, every one of which appears', () => {
    expect(TEMPLATES.length).toBeGreaterThanOrEqual(20)
    expect(new Set(TEMPLATES.map(({ kind }) => kind)).size).toBe(TEMPLATES.length)
    const rules = new Set(
      alerts(4, 5000).text.map((line) => (JSON.parse(line) as { rule: { id: string } }).rule.id),
    )
    expect(rules.size).toBeGreaterThanOrEqual(20)
  })

  it('repeat values as real ones do', () => {
    const addresses = alerts(5, 5000).text.flatMap((line) => /"srcip":"([^"]+)"/.exec(line)?.[1] ?? [])
    const share = new Set(addresses).size / addresses.length
    expect(share).toBeGreaterThan(0.15)
    expect(share).toBeLessThan(0.6)
  })
})

describe('generated feeds', () => {
  it('are the same for a seed, and readable line for line', () => {
    const { text } = feed(7, 2000)
    expect(feed(7, 2000).text).toEqual(text)
    expect(text.filter((line) => indicatorValues(line).length === 0)).toEqual([])
  })

  it('hold 40 % addresses, 25 % names, 15 % URLs, 20 % digests', () => {
    const types = feed(9, 10_000).text.map((line) => indicatorValues(line)[0]?.type ?? 'none')
    const share = (...wanted: string[]): number =>
      types.filter((type) => wanted.includes(type)).length / 10_000
    expect(share('ipv4')).toBeCloseTo(0.4, 1)
    expect(share('domain')).toBeCloseTo(0.25, 1)
    expect(share('url')).toBeCloseTo(0.15, 1)
    expect(share('md5', 'sha1', 'sha256')).toBeCloseTo(0.2, 1)
  })
})

describe('planted values', () => {
  const plant = plantValues({ seed: 3, count: 40 })

  it('stand in the feed, each once, spread over it', () => {
    const { text, planted } = feed(5, 1000, plant)
    expect(planted).toBe(40)
    expect(text).toHaveLength(1000)
    const places = plant.map((value) => text.indexOf(value))
    expect(Math.min(...places)).toBe(0)
    expect(Math.max(...places)).toBeGreaterThan(900)
  })

  it('stand in one alert of every so many, and nothing else of the feed does', () => {
    const { text, planted } = alerts(5, 1000, { plant, plantEvery: 20 })
    expect(planted).toBe(50)
    const carried = (line: string): boolean => {
      const lower = line.toLowerCase()
      return plant.some((value) => lower.includes(value))
    }
    expect(text.flatMap((line, index) => (carried(line) ? [index] : []))).toEqual(
      Array.from({ length: 50 }, (_, i) => i * 20 + 19),
    )
    const values = new Set(feed(5, 20_000).text)
    const accidental = text.flatMap((line) => line.split(/[^\w.:/?=-]+/)).filter((token) => values.has(token))
    expect(accidental).toEqual([])
  })

  it('are refused when no alert can carry them', () => {
    expect(() => alerts(1, 10, { plant: ['someone@mail.example.org'] })).toThrow('cannot be planted')
  })
})

/** Paths of numbers, booleans and nulls that do not stand inside an array: analysisd 4.x writes these as text. */
function plainValues(value: unknown, path = 'data'): string[] {
  if (Array.isArray(value) || typeof value === 'string' || value === undefined) return []
  if (typeof value !== 'object' || value === null) return [path]
  return Object.entries(value).flatMap(([key, inner]) => plainValues(inner, `${path}.${key}`))
}
