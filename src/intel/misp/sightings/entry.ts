import type { EpochMs } from '../../../core/alert.ts'
import type { ComponentId } from '../../../core/indicator.ts'
import type { Sighting } from '../../../core/ports.ts'
import type { MispConfig } from '../config.ts'
import { uuidV5 } from '../../../core/uuid.ts'
import { SIGHTING_NAMESPACE } from '../../sightings/namespace.ts'

/** One sighting as it is sent: the first of an attribute on an agent in one interval. */
export interface SightingEntry {
  readonly uuid: string
  readonly event: string
  /** UUID of the attribute. */
  readonly attribute: string
  readonly value: string
  readonly seenAt: EpochMs
  readonly source: string
}

/** The column of MISP holds so many characters; 300 gave a 500 (`sightings__source_long`). */
const MAX_SOURCE = 255

/** Undefined when the indicator does not say which event it is of: MISP cannot be told then. */
export function sightingEntry(
  sighting: Sighting,
  provider: ComponentId,
  config: MispConfig['sightings'],
): SightingEntry | undefined {
  const { ref, event, value, agent, manager, seenAt } = sighting
  if (event === undefined || event === '') return undefined
  const interval = intervalOf(seenAt, config.interval)
  return {
    // As JSON, so that no two different sightings spell the same name.
    uuid: uuidV5(SIGHTING_NAMESPACE, JSON.stringify([provider, ref, manager, agent.id, interval])),
    event,
    attribute: ref,
    value,
    seenAt,
    source: sourceText(config.source, agent),
  }
}

export function intervalOf(seenAt: EpochMs, intervalMs: number): number {
  return Math.floor(seenAt / intervalMs)
}

/** Without control characters and halves of surrogate pairs, of which the cut may leave one. */
function sourceText(source: string, agent: Sighting['agent']): string {
  const text = `${source}/${agent.name === '' ? agent.id : agent.name}`
  return text
    .replaceAll(/\p{Cc}/gu, '')
    .slice(0, MAX_SOURCE)
    .replaceAll(/\p{Cs}/gu, '')
}
