import { readFileSync, rmSync } from 'node:fs'
import { join } from 'node:path'
import { generateAlerts, plantValues } from '../../../bench/generate.ts'

/** One alert in so many carries an indicator, each another one. */
export const PLANT_EVERY = 1000
/** Alerts without one that are written in turn, each time with another time and id. */
const VARIETY = 5000

const TIME_AT = '{"timestamp":"'.length
const ID_DIGITS = 12

export interface LineOptions {
  readonly folder: string
  readonly seed: number
  readonly alerts: number
}

/** The indicators that are planted, in order. */
export function plantedValues({ seed, alerts }: Omit<LineOptions, 'folder'>): readonly string[] {
  return plantValues({ seed, count: Math.ceil(alerts / PLANT_EVERY) })
}

/** The id of the alert with this number. */
export function idOf(number: number): string {
  return `1773043200.${String(number).padStart(ID_DIGITS, '0')}`
}

interface Prepared {
  readonly bytes: Buffer
  readonly idAt: number
}

/** Made before anything is measured: writing an alert is then a copy with two fields put in. */
export interface Lines {
  /** Copies the alert with this number into `target`; gives where it ends. `time` has 28 characters. */
  put(number: number, time: string, target: Buffer, at: number): number
  readonly longest: number
}

export function prepareLines({ folder, seed, alerts }: LineOptions): Lines {
  const common = prepared(folder, { seed, count: VARIETY })
  const plant = plantedValues({ seed, alerts })
  const planted = prepared(folder, { seed: seed + 1, count: plant.length, plant, plantEvery: 1 })
  return {
    longest: Math.max(...[...common, ...planted].map(({ bytes }) => bytes.length)),
    put: (number, time, target, at) => {
      const isPlanted = number % PLANT_EVERY === 0
      const line = isPlanted ? planted[number / PLANT_EVERY] : common[number % VARIETY]
      if (line === undefined) throw new Error(`no line for alert ${number}`)
      line.bytes.copy(target, at)
      target.write(time, at + TIME_AT, 'latin1')
      target.write(idOf(number), at + line.idAt, 'latin1')
      return at + line.bytes.length
    },
  }
}

function prepared(
  folder: string,
  options: Omit<Parameters<typeof generateAlerts>[0], 'path'>,
): readonly Prepared[] {
  const path = join(folder, 'prepared.jsonl')
  generateAlerts({ ...options, path })
  const lines = readFileSync(path, 'utf8').trimEnd().split('\n')
  rmSync(path)
  return lines.map((line) => {
    const text = line.replace(/"id":"\d{10}\.\d+","cluster"/, `"id":"${idOf(0)}","cluster"`)
    const bytes = Buffer.from(`${text}\n`)
    return { bytes, idAt: bytes.indexOf(`"id":"${idOf(0)}","cluster"`) + '"id":"'.length }
  })
}
