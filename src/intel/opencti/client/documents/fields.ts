/**
 * Selections that several documents share. All are valid from OpenCTI 5.12.24 to 7.260817.0 (a test validates each
 * document against five schemas). Everything but ids may come back null.
 */

export const IDENTITY_FIELDS = `
  fragment IdentityFields on Identity {
    id standard_id identity_class name x_opencti_reliability
    ... on Organization { x_opencti_organization_type }
    ... on Individual { x_opencti_firstname x_opencti_lastname }
  }`

/** Without connections: each of those is a search of its own for each node. */
export const INDICATOR_FIELDS = `
  fragment IndicatorFields on Indicator {
    id standard_id entity_type name description pattern pattern_type indicator_types
    valid_from valid_until revoked confidence x_opencti_score x_opencti_detection
    x_opencti_main_observable_type x_mitre_platforms created_at updated_at
    createdBy { ...IdentityFields }
    objectMarking { standard_id definition_type definition }
    objectLabel { value }
    killChainPhases { kill_chain_name phase_name }
  }`

export const REFERENCE_FIELDS = `
  fragment ReferenceFields on ExternalReferenceConnection { edges { node { url } } }`

/** What an indicator points at: malware, actors, techniques. */
export const INDICATES_FIELDS = `
  fragment IndicatesFields on Indicator {
    stixCoreRelationships(relationship_type: "indicates", first: 20) {
      edges { node { to {
        ... on BasicObject { id entity_type }
        ... on Malware { malware_name: name }
        ... on Tool { tool_name: name }
        ... on IntrusionSet { intrusion_set_name: name }
        ... on ThreatActorGroup { threat_actor_name: name }
        ... on Campaign { campaign_name: name }
        ... on AttackPattern { attack_pattern_name: name x_mitre_id }
      } } }
    }
  }`

/** What an observable is compared by. */
export const VALUE_FIELDS = `
  fragment ValueFields on StixCyberObservable {
    ... on IPv4Addr { value }
    ... on IPv6Addr { value }
    ... on DomainName { value }
    ... on Hostname { value }
    ... on Url { value }
    ... on EmailAddr { value }
    ... on StixFile { hashes { algorithm hash } }
    ... on Artifact { hashes { algorithm hash } }
  }`
