import { defined } from '../../../core/defined.ts'
import type { OpenCtiIdentity, OpenCtiIndicator, OpenCtiObservable } from '../../../core/opencti.ts'
import type { IndicatorNode, ObservableNode } from '../client/schema.ts'

/** What OpenCTI says of an indicator, in its own words and without what is empty. */
export function indicatorContext(node: IndicatorNode): OpenCtiIndicator {
  return defined({
    id: node.id,
    standard_id: some(node.standard_id),
    created_at: some(node.created_at),
    updated_at: some(node.updated_at),
    createdBy: identity(node.createdBy),
    externalReferences: several(node.externalReferences),
    name: some(node.name),
    description: some(node.description),
    valid_from: some(node.valid_from),
    valid_until: some(node.valid_until),
    revoked: node.revoked,
    confidence: node.confidence,
    x_opencti_score: node.x_opencti_score,
    x_opencti_detection: node.x_opencti_detection,
    x_opencti_main_observable_type: some(node.x_opencti_main_observable_type),
    indicator_types: several(node.indicator_types),
    x_mitre_platforms: several(node.x_mitre_platforms),
    pattern_type: some(node.pattern_type),
    pattern: some(node.pattern),
    killChainPhases: several(namesOf(node.killChainPhases.map((phase) => phase.kill_chain_name))),
    labels: several(node.objectLabel),
  })
}

export function observableContext(node: ObservableNode): OpenCtiObservable {
  return defined({
    id: node.id,
    type: node.entity_type ?? 'Unknown',
    created_at: some(node.created_at),
    updated_at: some(node.updated_at),
    createdBy: identity(node.createdBy),
    labels: several(node.objectLabel),
    externalReferences: several(node.externalReferences),
    observable_value: some(node.observable_value),
    x_opencti_description: some(node.x_opencti_description),
    x_opencti_score: node.x_opencti_score,
    value: some(node.value),
    extensions: some(node.extensions),
    size: node.size,
    name: some(node.name),
    x_opencti_additional_names: several(node.x_opencti_additional_names),
  })
}

function identity(node: IndicatorNode['createdBy']): OpenCtiIdentity | undefined {
  if (node === undefined) return undefined
  const said = defined({
    id: some(node.id),
    standard_id: some(node.standard_id),
    identity_class: some(node.identity_class),
    name: some(node.name),
    x_opencti_organization_type: some(node.x_opencti_organization_type),
    x_opencti_reliability: some(node.x_opencti_reliability),
    x_opencti_firstname: some(node.x_opencti_firstname),
    x_opencti_lastname: some(node.x_opencti_lastname),
  })
  return Object.keys(said).length === 0 ? undefined : said
}

function some(text: string | undefined): string | undefined {
  return text === '' ? undefined : text
}

function several(texts: readonly string[]): readonly string[] | undefined {
  const filled = texts.filter((text) => text !== '')
  return filled.length === 0 ? undefined : filled
}

function namesOf(texts: readonly (string | undefined)[]): readonly string[] {
  return texts.flatMap((text) => text ?? [])
}
