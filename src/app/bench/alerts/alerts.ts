import { TEMPLATES } from './templates.ts'
import { valuesAt } from './values.ts'

export interface SampleOptions {
  readonly seed: number
  /** Of which alert the values are; the number itself when absent. Alerts with the same values are different ones all the same. */
  readonly valuesOf?: (number: number) => number
}

/** 2026-01-01T00:00:00Z, in seconds. */
const FIRST_SECOND = 1_767_225_600

/** The bytes of a sample alert as a line of `alerts.json`, without its newline. */
export function sampleAlert(number: number, { seed, valuesOf = (own) => own }: SampleOptions): Buffer {
  const of = valuesOf(number)
  const values = valuesAt(seed, of)
  const make = TEMPLATES[of % TEMPLATES.length] ?? TEMPLATES[0]
  const second = FIRST_SECOND + (number % 31_536_000)
  const agent = String(values.agent).padStart(3, '0')
  const alert = {
    timestamp: new Date(second * 1000).toISOString().replace('Z', '+0000'),
    agent: { id: agent, name: `bench-${agent}`, ip: values.privateIp },
    manager: { name: 'bench-manager' },
    id: `${second}.${number}`,
    ...make(values),
  }
  return Buffer.from(JSON.stringify(alert))
}
