/** A label by its text, or with the fields a test cares about. */
export type FakeLabelInput =
  string | { readonly value: string; readonly color?: string; readonly id?: string }

/** `TLP:GREEN` and the like by name. */
export type FakeMarkingInput =
  | string
  | {
      readonly definition: string
      readonly definition_type?: string
      readonly x_opencti_order?: number
      readonly x_opencti_color?: string
      readonly id?: string
      readonly standard_id?: string
    }

export const IDENTITY_TYPES = ['Organization', 'Individual', 'System', 'SecurityPlatform'] as const
export type IdentityType = (typeof IDENTITY_TYPES)[number]

/** An organisation by name, or any identity. */
export type FakeIdentityInput =
  | string
  | {
      readonly name: string
      readonly entity_type?: IdentityType
      readonly id?: string
      readonly standard_id?: string
      readonly description?: string | null
      readonly x_opencti_organization_type?: string | null
      readonly x_opencti_reliability?: string | null
      readonly x_opencti_firstname?: string | null
      readonly x_opencti_lastname?: string | null
      readonly security_platform_type?: string | null
    }

export interface FakeReferenceInput {
  readonly source_name: string
  readonly url?: string | null
  readonly external_id?: string | null
  readonly description?: string | null
}

export interface FakePhaseInput {
  readonly kill_chain_name: string
  readonly phase_name: string
  readonly x_opencti_order?: number
}

/** What any object can have. Times are ISO 8601; now when absent. */
export interface FakeCommonInput {
  /** The internal id. */
  readonly id?: string
  /** Other STIX ids. */
  readonly x_opencti_stix_ids?: readonly string[]
  readonly created_at?: string
  readonly updated_at?: string
  readonly created?: string
  readonly modified?: string
  readonly createdBy?: FakeIdentityInput | null
  readonly objectLabel?: readonly FakeLabelInput[]
  readonly objectMarking?: readonly FakeMarkingInput[]
  readonly externalReferences?: readonly FakeReferenceInput[]
}

/** Fields are named as GraphQL names them. */
export interface FakeIndicatorInput extends FakeCommonInput {
  /** As somebody would write it: the fake normalises it as OpenCTI does. */
  readonly pattern: string
  /** Default `stix`. */
  readonly pattern_type?: string
  /** Default: the pattern. */
  readonly name?: string
  readonly description?: string | null
  readonly indicator_types?: readonly string[] | null
  readonly valid_from?: string | null
  readonly valid_until?: string | null
  readonly revoked?: boolean
  readonly confidence?: number | null
  /** Default 50. */
  readonly x_opencti_score?: number | null
  /** Default false, as in OpenCTI. */
  readonly x_opencti_detection?: boolean | null
  readonly x_opencti_main_observable_type?: string | null
  readonly x_mitre_platforms?: readonly string[] | null
  readonly killChainPhases?: readonly FakePhaseInput[]
  /** Observables it is based on, by any of their ids. */
  readonly basedOn?: readonly string[]
  /** Threats it indicates. */
  readonly indicates?: readonly string[]
}

export interface FakeRelatedInput {
  /** The other object, by any of its ids. */
  readonly object: string
  /** `resolves-to`, `related-to` … */
  readonly relationship_type: string
  /** Whether the relationship starts at the other object. Default false. */
  readonly inwards?: boolean
}

export interface FakeObservableInput extends FakeCommonInput {
  /** `IPv4-Addr`, `StixFile` … */
  readonly entity_type: string
  readonly value?: string
  readonly name?: string | null
  readonly hashes?: readonly { readonly algorithm: string; readonly hash: string }[]
  readonly x_opencti_score?: number | null
  readonly x_opencti_description?: string | null
  /** Further fields of its type: `size`, `mime_type`, `path` … */
  readonly attributes?: Readonly<Record<string, unknown>>
  /** Indicators that are based on it, by any of their ids. */
  readonly indicators?: readonly string[]
  readonly related?: readonly FakeRelatedInput[]
}

/** A malware, an intrusion set, an attack pattern … */
export interface FakeEntityInput extends FakeCommonInput {
  /** `Malware`, `Intrusion-Set`, `Threat-Actor-Group`, `Attack-Pattern`, `Campaign`, `Tool`, `Infrastructure`, `Vulnerability`. */
  readonly entity_type: string
  readonly name: string
  readonly description?: string | null
  readonly attributes?: Readonly<Record<string, unknown>>
}

export interface FakeRelationshipInput extends FakeCommonInput {
  readonly from: string
  readonly to: string
  readonly relationship_type: string
  readonly confidence?: number | null
  readonly start_time?: string | null
  readonly stop_time?: string | null
}

/** What came of an addition. */
export interface Added {
  readonly id: string
  readonly standard_id: string
}

export interface RecordedRequest {
  readonly method: string
  /** With its query. */
  readonly path: string
  readonly operationName?: string
  /** The document. */
  readonly query?: string
  readonly variables?: unknown
  /** Without the token. */
  readonly headers: Readonly<Record<string, string>>
  /** Whose token it was. */
  readonly user?: string
  /** `Date.now()` at arrival. */
  readonly at: number
  /** Absent while the request is not answered, or never will be. */
  status?: number
}
