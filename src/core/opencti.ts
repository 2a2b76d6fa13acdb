/**
 * What OpenCTI says, in its own words: the names and shapes that the scripts in use since 2023 give to Wazuh's rules and
 * dashboards (`docs/opencti.md`). A part that is null, empty or was not asked for is absent; `false` and 0 are values.
 */

export interface OpenCtiIdentity {
  readonly id?: string
  readonly standard_id?: string
  readonly identity_class?: string
  readonly name?: string
  readonly x_opencti_organization_type?: string
  readonly x_opencti_reliability?: string
  readonly x_opencti_firstname?: string
  readonly x_opencti_lastname?: string
}

/** Times are ISO 8601 as the server writes them; scores 0–100. */
export interface OpenCtiIndicator {
  /** Internal id: it never changes, unlike the STIX id. */
  readonly id: string
  readonly standard_id?: string
  readonly created_at?: string
  readonly updated_at?: string
  readonly createdBy?: OpenCtiIdentity
  readonly externalReferences?: readonly string[]
  readonly name?: string
  readonly description?: string
  readonly valid_from?: string
  readonly valid_until?: string
  readonly revoked?: boolean
  readonly confidence?: number
  readonly x_opencti_score?: number
  readonly x_opencti_detection?: boolean
  readonly x_opencti_main_observable_type?: string
  readonly indicator_types?: readonly string[]
  readonly x_mitre_platforms?: readonly string[]
  readonly pattern_type?: string
  readonly pattern?: string
  /** `kill_chain_name` of each phase. */
  readonly killChainPhases?: readonly string[]
  readonly labels?: readonly string[]
}

export interface OpenCtiObservable {
  readonly id: string
  /** `entity_type`: `IPv4-Addr`, `StixFile` … */
  readonly type: string
  readonly created_at?: string
  readonly updated_at?: string
  readonly createdBy?: OpenCtiIdentity
  readonly labels?: readonly string[]
  readonly externalReferences?: readonly string[]
  readonly observable_value?: string
  readonly x_opencti_description?: string
  readonly x_opencti_score?: number
  /** Not of files. */
  readonly value?: string
  readonly extensions?: string
  readonly size?: number
  readonly name?: string
  readonly x_opencti_additional_names?: readonly string[]
}

/** An object that a relationship connects with an observable. */
export interface OpenCtiRelated {
  readonly id: string
  readonly type: string
  /** `resolves-to` … */
  readonly relationship: string
  readonly value?: string
}

/**
 * How an indicator of OpenCTI came to apply. `pattern`: by its own pattern. `observable`: OpenCTI bases it on the observable that has
 * the value. `related`: OpenCTI bases it on an object that is related to that observable.
 */
export interface OpenCtiContext {
  readonly platform: 'opencti'
  readonly found: 'pattern' | 'observable' | 'related'
  readonly indicator: OpenCtiIndicator
  /** Of `observable` and `related`. */
  readonly observable?: OpenCtiObservable
  /** Of `related`: what the indicator is based on. */
  readonly related?: OpenCtiRelated
}
