/** One mutation of a kind in a document: OpenCTI takes no more (6.1 and later). */
export const ADD_SIGHTING = `
  mutation AddSighting($input: StixSightingRelationshipAddInput!) {
    stixSightingRelationshipAdd(input: $input) { id first_seen last_seen attribute_count }
  }`

export const SIGHTINGS = `
  query Sightings($fromId: StixRef, $toId: StixRef, $first: Int) {
    stixSightingRelationships(fromId: $fromId, toId: $toId, first: $first) {
      pageInfo { hasNextPage endCursor }
      edges { node { id first_seen last_seen attribute_count } }
    }
  }`

export const PATCH_SIGHTING = `
  mutation PatchSighting($id: ID!, $input: [EditInput]!) {
    stixSightingRelationshipEdit(id: $id) {
      fieldPatch(input: $input) { id first_seen last_seen attribute_count }
    }
  }`

/** From 6.7.0 on. */
export const ADD_SECURITY_PLATFORM = `
  mutation AddSecurityPlatform($input: SecurityPlatformAddInput!) { securityPlatformAdd(input: $input) { id } }`

export const ADD_SYSTEM = `
  mutation AddSystem($input: SystemAddInput!) { systemAdd(input: $input) { id } }`
