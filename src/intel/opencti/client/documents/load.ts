import { IDENTITY_FIELDS, INDICATOR_FIELDS } from './fields.ts'

/**
 * Indicators page by page. Without `orderBy` they come in the order of `standard_id`, which changes of other fields do not
 * disturb; for changes since some time, in the order of `updated_at`.
 */
export const INDICATORS = `
  query Indicators($filters: FilterGroup, $first: Int, $after: ID, $orderBy: IndicatorsOrdering, $orderMode: OrderingMode) {
    indicators(filters: $filters, first: $first, after: $after, orderBy: $orderBy, orderMode: $orderMode) {
      pageInfo { hasNextPage endCursor globalCount }
      edges { node { ...IndicatorFields } }
    }
  }
  ${INDICATOR_FIELDS} ${IDENTITY_FIELDS}`
