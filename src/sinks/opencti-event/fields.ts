import type { OpenCtiIdentity, OpenCtiIndicator, OpenCtiObservable } from '../../core/opencti.ts'
import { leafInteger, leafList, leafText } from '../wazuh-leaf.ts'
import type { Fields } from '../wazuh-line.ts'
import { NAME, TEXT, VALUE } from '../wazuh-own.ts'

const LABELS = { maxItems: 50, maxBytes: NAME } as const
const LINKS = { maxItems: 20, maxBytes: TEXT } as const

/** The form in events about an observable, and of a related object. */
export function shortIndicator(prefix: string, indicator: OpenCtiIndicator): Fields {
  return prefixed(prefix, {
    id: leafText(indicator.id, NAME),
    name: leafText(indicator.name, TEXT),
    valid_until: leafText(indicator.valid_until, NAME),
    revoked: indicator.revoked,
    confidence: leafInteger(indicator.confidence),
    x_opencti_score: leafInteger(indicator.x_opencti_score),
    x_opencti_detection: indicator.x_opencti_detection,
    indicator_types: leafList(indicator.indicator_types, LABELS),
    x_mitre_platforms: leafList(indicator.x_mitre_platforms, LABELS),
    pattern_type: leafText(indicator.pattern_type, NAME),
    pattern: leafText(indicator.pattern, VALUE),
    killChainPhases: leafList(indicator.killChainPhases, LABELS),
    labels: leafList(indicator.labels, LABELS),
  })
}

export function fullIndicator(prefix: string, indicator: OpenCtiIndicator): Fields {
  return {
    ...prefixed(prefix, { type: 'Indicator', ...madeFields(indicator) }),
    ...shortIndicator(prefix, indicator),
  }
}

/** Its keys stand beside those of the event. */
export function observableFields(prefix: string, observable: OpenCtiObservable): Fields {
  return prefixed(prefix, {
    id: leafText(observable.id, NAME),
    type: leafText(observable.type, NAME),
    ...madeFields(observable),
    labels: leafList(observable.labels, LABELS),
    observable_value: leafText(observable.observable_value, VALUE),
    x_opencti_description: leafText(observable.x_opencti_description, 2 * TEXT),
    x_opencti_score: leafInteger(observable.x_opencti_score),
    value: leafText(observable.value, VALUE),
    extensions: leafText(observable.extensions, TEXT),
    size: leafInteger(observable.size),
    name: leafText(observable.name, TEXT),
    x_opencti_additional_names: leafList(observable.x_opencti_additional_names, LABELS),
  })
}

const IDENTITY_KEYS = [
  'id',
  'standard_id',
  'identity_class',
  'name',
  'x_opencti_organization_type',
  'x_opencti_reliability',
  'x_opencti_firstname',
  'x_opencti_lastname',
] as const satisfies readonly (keyof OpenCtiIdentity)[]

/** When and by whom an object was made. */
function madeFields(object: OpenCtiIndicator | OpenCtiObservable): Fields {
  const { created_at, updated_at, createdBy = {}, externalReferences } = object
  return {
    created_at: leafText(created_at, NAME),
    updated_at: leafText(updated_at, NAME),
    ...Object.fromEntries(IDENTITY_KEYS.map((key) => [`createdBy.${key}`, leafText(createdBy[key], NAME)])),
    externalReferences: leafList(externalReferences, LINKS),
  }
}

function prefixed(prefix: string, fields: Fields): Fields {
  return Object.fromEntries(Object.entries(fields).map(([name, leaf]) => [`${prefix}.${name}`, leaf]))
}
