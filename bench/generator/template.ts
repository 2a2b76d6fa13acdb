import type { Agent, PlantType, World } from './world.ts'

type Json = string | number | boolean | readonly Json[] | { readonly [key: string]: Json }
export type JsonObject = { readonly [key: string]: Json }

/** What a template decides about an alert; the rest (time, id, manager, counters) is the same for all. */
export interface Draft {
  readonly agent: Agent
  readonly rule: {
    readonly level: number
    readonly id: string
    readonly description: string
    readonly groups: readonly string[]
    readonly mitre?: JsonObject
    readonly compliance?: JsonObject
  }
  readonly fullLog?: string
  readonly syscheck?: JsonObject
  readonly predecoder?: JsonObject
  readonly decoder: JsonObject
  readonly data?: JsonObject
  readonly location: string
}

export interface Template {
  readonly kind: string
  /** Relative frequency. */
  readonly weight: number
  /** Types it always holds at least one of: a value of these can be planted in it. */
  readonly carries: readonly PlantType[]
  make(world: World): Draft
}

/** Compliance lists as the stock rules carry them: a good part of an alert's size. */
export const COMPLIANCE = {
  access: {
    pci_dss: ['10.2.4', '10.2.5'],
    gpg13: ['7.1'],
    gdpr: ['IV_35.7.d', 'IV_32.2'],
    hipaa: ['164.312.b'],
    nist_800_53: ['AU.14', 'AC.7'],
    tsc: ['CC6.1', 'CC6.8', 'CC7.2', 'CC7.3'],
  },
  integrity: {
    pci_dss: ['11.5'],
    gpg13: ['4.11'],
    gdpr: ['II_5.1.f'],
    hipaa: ['164.312.c.1', '164.312.c.2'],
    nist_800_53: ['SI.7'],
    tsc: ['PI1.4', 'PI1.5', 'CC6.1', 'CC6.8', 'CC7.2', 'CC7.3'],
  },
  log: { pci_dss: ['10.6.1'], gdpr: ['IV_35.7.d'], hipaa: ['164.312.b'], nist_800_53: ['AU.6'] },
} as const satisfies Record<string, JsonObject>

export const JSON_DECODER = { name: 'json' } as const

const MONTHS = ['Jan', 'Feb', 'Mar', 'Apr', 'May', 'Jun', 'Jul', 'Aug', 'Sep', 'Oct', 'Nov', 'Dec'] as const

/** `Nov 20 08:00:04`, as syslog writes the time (RFC 3164 §4.1.2). */
export function syslogTime(second: number): string {
  const time = new Date(second * 1000)
  const clock = time.toISOString().slice(11, 19)
  return `${MONTHS[time.getUTCMonth()] ?? 'Jan'} ${String(time.getUTCDate()).padStart(2, ' ')} ${clock}`
}

/** `2026-11-20T08:00:04Z` */
export function isoTime(second: number): string {
  return `${new Date(second * 1000).toISOString().slice(0, 19)}Z`
}
