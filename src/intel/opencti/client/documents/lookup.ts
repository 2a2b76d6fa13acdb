import {
  IDENTITY_FIELDS,
  INDICATES_FIELDS,
  INDICATOR_FIELDS,
  REFERENCE_FIELDS,
  VALUE_FIELDS,
} from './fields.ts'

/** Whether values are known: cheap for the server, as nearly all are not. */
export const LOOKUP = `
  query Lookup(
    $observables: FilterGroup, $observablesAfter: ID, $withObservables: Boolean!,
    $indicators: FilterGroup, $indicatorsAfter: ID, $withIndicators: Boolean!,
    $first: Int
  ) {
    stixCyberObservables(filters: $observables, first: $first, after: $observablesAfter)
      @include(if: $withObservables) {
      pageInfo { hasNextPage endCursor }
      edges { node { id entity_type observable_value ...ValueFields } }
    }
    indicators(filters: $indicators, first: $first, after: $indicatorsAfter) @include(if: $withIndicators) {
      pageInfo { hasNextPage endCursor }
      edges { node { id standard_id pattern pattern_type } }
    }
  }
  ${VALUE_FIELDS}`

/** What may be known of an object at the other end of a relationship. */
const OTHER_END = `
  ... on BasicObject { id entity_type }
  ... on StixCyberObservable {
    observable_value
    indicators(first: 20) { edges { node { ...IndicatorFields } } }
  }`

/** Everything about what was found. Connections cost the server a search for each node, so only hits are asked for. */
export const DETAILS = `
  query Details(
    $observables: FilterGroup, $withObservables: Boolean!, $withRelated: Boolean!,
    $indicators: FilterGroup, $withIndicators: Boolean!,
    $first: Int
  ) {
    stixCyberObservables(filters: $observables, first: $first) @include(if: $withObservables) {
      pageInfo { hasNextPage endCursor }
      edges { node {
        id standard_id entity_type observable_value x_opencti_score x_opencti_description created_at updated_at
        createdBy { ...IdentityFields }
        objectLabel { value }
        externalReferences(first: 20) { ...ReferenceFields }
        indicators(first: 100) { edges { node { ...IndicatorFields ...IndicatesFields } } }
        ...ValueFields
        ...FileFields
        ...RelatedFields @include(if: $withRelated)
      } }
    }
    indicators(filters: $indicators, first: $first) @include(if: $withIndicators) {
      pageInfo { hasNextPage endCursor }
      edges { node {
        ...IndicatorFields
        ...IndicatesFields
        externalReferences(first: 20) { ...ReferenceFields }
      } }
    }
  }
  fragment FileFields on StixCyberObservable {
    ... on StixFile { extensions size name x_opencti_additional_names }
    ... on Artifact { x_opencti_additional_names }
  }
  fragment RelatedFields on StixCyberObservable {
    ... on DomainName { to_addresses: stixCoreRelationships(toTypes: $toTypes, first: 20) { ...TargetFields } }
    ... on Hostname { to_addresses: stixCoreRelationships(toTypes: $toTypes, first: 20) { ...TargetFields } }
    ... on Url { to_addresses: stixCoreRelationships(toTypes: $toTypes, first: 20) { ...TargetFields } }
    ... on IPv4Addr { from_names: stixCoreRelationships(fromTypes: $fromTypes, first: 20) { ...SourceFields } }
    ... on IPv6Addr { from_names: stixCoreRelationships(fromTypes: $fromTypes, first: 20) { ...SourceFields } }
  }
  fragment TargetFields on StixCoreRelationshipConnection {
    edges { node { relationship_type to { ${OTHER_END} } } }
  }
  fragment SourceFields on StixCoreRelationshipConnection {
    edges { node { relationship_type from { ${OTHER_END} } } }
  }
  ${VALUE_FIELDS} ${IDENTITY_FIELDS} ${INDICATOR_FIELDS} ${INDICATES_FIELDS} ${REFERENCE_FIELDS}`
  .replaceAll('$toTypes', '["IPv4-Addr", "IPv6-Addr", "Domain-Name", "Hostname"]')
  .replaceAll('$fromTypes', '["Domain-Name", "Hostname"]')
