import type { IndicatorValue } from '../../../canonical/indicator-value.ts'
import { defined } from '../../../core/defined.ts'
import type { ComponentId, Indicator, Tlp } from '../../../core/indicator.ts'
import type { OpenCtiContext } from '../../../core/opencti.ts'
import { parseDate } from '../../feed/dates.ts'
import { strictestTlp, tlpOf } from '../../feed/tlp.ts'
import type { IndicatorNode, OpenCtiTarget } from '../client/schema.ts'
import { indicatorContext } from './context.ts'

export interface IndicatorOptions {
  readonly provider: ComponentId
  /** Base URL for links, without a slash at its end. */
  readonly webUrl: string
}

/** How the indicator came to apply to the value. */
export type Found = Pick<OpenCtiContext, 'found' | 'observable' | 'related'>

/** A value to be matched on, and the pattern that has to hold as a whole where the value is only the part it is found by. */
export interface FoundValue extends IndicatorValue {
  readonly pattern?: string
}

/** What OpenCTI says of one value. `source` is the author, `ref` the STIX id, the link that of its page in OpenCTI. */
export function openCtiIndicator(
  node: IndicatorNode,
  { type, value, pattern }: FoundValue,
  { provider, webUrl, ...found }: IndicatorOptions & Found,
): Indicator {
  const author = node.createdBy?.name
  const targets = targetsOf(node)
  const context: OpenCtiContext = { platform: 'opencti', ...found, indicator: indicatorContext(node) }
  return defined({
    type,
    value,
    provider,
    source: author ?? 'OpenCTI',
    ref: node.standard_id ?? node.id,
    sourceType: 'indicator',
    title: node.name,
    organisation: author,
    category: node.indicator_types[0],
    comment: node.description,
    tags: node.objectLabel,
    tlp: tlpOfMarkings(node.objectMarking),
    threatActors: targets.actors,
    malware: targets.malware,
    attackPatterns: targets.attackPatterns,
    killChainPhases: phasesOf(node),
    score: node.x_opencti_score,
    confidence: node.confidence,
    detection: node.x_opencti_detection,
    validFrom: time(node.valid_from),
    validUntil: time(node.valid_until),
    revoked: node.revoked,
    link: `${webUrl}/dashboard/observations/indicators/${encodeURIComponent(node.id)}`,
    pattern,
    context,
  })
}

/** STIX says «no bound» also with the epoch and with the year 5138, OpenCTI's own stand-ins. */
function time(text: string | undefined): number | undefined {
  const ms = text === undefined ? undefined : parseDate(text)
  return ms === undefined || ms <= 0 || ms >= NO_END_MS ? undefined : ms
}

const NO_END_MS = Date.UTC(5138, 0)

/** The strictest: `TLP:AMBER+STRICT`, or a definition of another type, which is none. */
function tlpOfMarkings(markings: IndicatorNode['objectMarking']): Tlp | undefined {
  return strictestTlp(
    markings.map(({ definition }) => (definition === undefined ? undefined : tlpOf(definition))),
  )
}

function phasesOf({ killChainPhases }: IndicatorNode): readonly string[] | undefined {
  const phases = killChainPhases.flatMap(({ kill_chain_name: chain, phase_name: phase }) =>
    chain === undefined ? [] : [phase === undefined ? chain : `${chain}:${phase}`],
  )
  return phases.length === 0 ? undefined : phases
}

interface Targets {
  readonly actors: readonly string[] | undefined
  readonly malware: readonly string[] | undefined
  readonly attackPatterns: readonly string[] | undefined
}

function targetsOf({ stixCoreRelationships }: IndicatorNode): Targets {
  const names = (nameOf: (target: OpenCtiTarget) => string | undefined): readonly string[] | undefined => {
    const found = stixCoreRelationships.flatMap(({ to }) => (to === undefined ? [] : (nameOf(to) ?? [])))
    return found.length === 0 ? undefined : [...new Set(found)]
  }
  return {
    actors: names((to) => to.intrusion_set_name ?? to.threat_actor_name ?? to.campaign_name),
    malware: names((to) => to.malware_name ?? to.tool_name),
    attackPatterns: names(({ attack_pattern_name: name, x_mitre_id: id }) =>
      name === undefined || id === undefined ? (name ?? id) : `${id} ${name}`,
    ),
  }
}
