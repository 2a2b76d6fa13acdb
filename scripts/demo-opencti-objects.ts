import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { z } from 'zod'
import type { FakeOpenCti } from '../test/support/fake-opencti/fake-opencti.ts'
import type { Added } from '../test/support/fake-opencti/types.ts'
import { ROOT } from './demo-daemon.ts'

const indicatorSchema = z.object({
  id: z.string(),
  name: z.string(),
  pattern: z.string(),
  score: z.int(),
  labels: z.array(z.string()),
  marking: z.string(),
  indicates: z.array(z.string()).default([]),
})
const objectsSchema = z.object({
  author: z.string(),
  indicators: z.array(indicatorSchema),
  observables: z.array(
    z.object({
      type: z.string(),
      value: z.string(),
      indicator: z.string().optional(),
      resolvesTo: z.string().optional(),
    }),
  ),
  later: z.object({ revoked: z.string(), added: indicatorSchema }),
})
/** What the stand-in for an OpenCTI holds. Observables come after those they point to. */
export type Objects = z.infer<typeof objectsSchema>

export function demoObjects(): Objects {
  return objectsSchema.parse(JSON.parse(readFileSync(join(ROOT, 'examples/opencti/objects.json'), 'utf8')))
}

export function addIndicator(
  opencti: FakeOpenCti,
  { name, pattern, score, labels, marking, indicates }: Objects['indicators'][number],
  author: string,
): Added {
  const threats = indicates.map((threat) => opencti.addEntity({ entity_type: 'Malware', name: threat }).id)
  return opencti.addIndicator({
    name,
    pattern,
    x_opencti_score: score,
    objectLabel: labels,
    objectMarking: [marking],
    createdBy: author,
    indicates: threats,
  })
}

/** What an analyst has put there; gives the indicators. */
export function fill(
  opencti: FakeOpenCti,
  { author, indicators, observables }: Objects,
): ReadonlyMap<string, Added> {
  const added = new Map(indicators.map((each) => [each.id, addIndicator(opencti, each, author)]))
  const known = new Map<string, Added>()
  for (const { type, value, indicator, resolvesTo } of observables) {
    const basis = added.get(indicator ?? '')
    const target = known.get(resolvesTo ?? '')
    const observable = opencti.addObservable({
      entity_type: type,
      value,
      ...(basis === undefined ? {} : { indicators: [basis.id] }),
      ...(target === undefined ? {} : { related: [{ object: target.id, relationship_type: 'resolves-to' }] }),
    })
    known.set(value, observable)
  }
  return added
}
