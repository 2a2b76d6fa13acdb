import type { StoredAttribute } from '../store/stored.ts'

interface DecayingModel {
  readonly id: number
  readonly name: string
  readonly types: readonly string[]
  readonly lifetimeDays: number
  readonly speed: number
  readonly threshold: number
}

/** The two models that were enabled on the recorded server. */
const MODELS: readonly DecayingModel[] = [
  {
    id: 2,
    name: 'Phishing model',
    types: ['ip-dst', 'ip-src', 'domain', 'hostname', 'url', 'email-src', 'email-dst'],
    lifetimeDays: 3,
    speed: 2.3,
    threshold: 30,
  },
  {
    id: 3,
    name: 'NIDS Simple Decaying Model',
    types: ['ip-dst', 'ip-src', 'domain', 'hostname', 'url', 'ip-dst|port', 'ip-src|port', 'domain|ip'],
    lifetimeDays: 120,
    speed: 2,
    threshold: 30,
  },
]

const BASE_SCORE = 80

/** MISP's polynomial decay, with a fixed base score: best effort, the shape is what counts. */
export function decayScores(row: StoredAttribute, now: number, fullModel: boolean): readonly object[] {
  return MODELS.filter(({ types }) => types.includes(row.type)).map((model) => {
    const score = scoreOf(model, row, now)
    const { id, name } = model
    const shown = fullModel ? { parameters: model, attribute_types: model.types } : {}
    return {
      score,
      base_score: BASE_SCORE,
      decayed: score < model.threshold,
      DecayingModel: { id: String(id), name, ...shown },
    }
  })
}

/** Dropped only when every model says so. */
export function decayedRow(row: StoredAttribute, now: number, threshold: number | undefined): boolean {
  const models = MODELS.filter(({ types }) => types.includes(row.type))
  return (
    models.length > 0 && models.every((model) => scoreOf(model, row, now) < (threshold ?? model.threshold))
  )
}

function scoreOf(model: DecayingModel, row: StoredAttribute, now: number): number {
  const seen = row.lastSeen === null ? row.timestamp : Date.parse(row.lastSeen) / 1000
  const age = Math.max(0, now - seen) / 86_400 / model.lifetimeDays
  return age >= 1 ? 0 : BASE_SCORE * (1 - age ** (1 / model.speed))
}
