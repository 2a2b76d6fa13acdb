import { indicatorValues, isTooWide } from '../../../canonical/indicator-value.ts'
import type { ComponentId, Indicator } from '../../../core/indicator.ts'
import { copyDetails } from '../../feed/maker.ts'
import type { MispRow } from '../api.ts'
import { mispDetails, mispParts } from './statement.ts'

export interface MispIndicatorOptions {
  readonly provider: ComponentId
  /** Base URL for links, without a slash at its end. */
  readonly webUrl: string
}

/**
 * One indicator for each value of a row, both halves of `domain|ip` among them; none for a type that is not supported, for a
 * text that is none of its type, and for a network wider than /8 (IPv6: /16). `source` is `MISP event <id>`: the event
 * is what MISP publishes and replaces as a whole, its organisation has a field of its own. Fields are those of a MISP feed.
 */
export function mispIndicators(row: MispRow, options: MispIndicatorOptions): readonly Indicator[] {
  const values = (mispParts(row.type, row.value) ?? [])
    .flatMap(({ text, hint }) => indicatorValues(text, hint))
    .filter((value) => !isTooWide(value))
  if (values.length === 0) return []
  const details = mispDetails(row)
  const { event } = details
  const source = event === undefined ? 'MISP' : `MISP event ${event}`
  const link = linkOf(row, options.webUrl)
  return values.map(({ type, value }) =>
    copyDetails(
      {
        type,
        value,
        provider: options.provider,
        source,
        ref: row.uuid,
        sourceType: row.type,
        tags: details.tags,
      },
      { ...details, link },
    ),
  )
}

/** MISP's page of the event, showing only this attribute. */
function linkOf({ uuid, event }: MispRow, webUrl: string): string | undefined {
  const of = event.uuid ?? event.id
  return of === undefined
    ? undefined
    : `${webUrl}/events/view/${encodeURIComponent(of)}/searchFor:${encodeURIComponent(uuid)}`
}
