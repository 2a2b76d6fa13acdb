import { indicatorValues, type IndicatorHint } from '../../canonical/indicator-value.ts'
import { AppError } from '../../core/errors.ts'
import type { FeedEntry } from './config.ts'

/** A column that holds values. */
export interface ValueColumn {
  readonly index: number
  readonly hint: IndicatorHint
}

/** What a column can say about a value, and the usual names of such a column, likeliest first. */
const DETAILS = {
  type: 'type ioc_type indicator_type value_type observable_type kind',
  score: 'score risk_score threat_score risk',
  confidence: 'confidence confidence_level confidence_score',
  tags: 'tags tag labels label attribute_tag malware_printable malware threat signature',
  comment: 'comment comments description note notes title file_name threat_type',
  ref: 'uuid id ioc_id indicator_id ref',
  link: 'link reference references urlhaus_link source_url report report_url',
  validFrom: 'valid_from validfrom',
  validUntil:
    'valid_until validuntil valid_to expiration expiration_date expires expires_at expires_on expiry expire',
  tlp: 'tlp',
  detection: 'to_ids detection',
} as const
export type DetailName = keyof typeof DETAILS

/** Those the setting `columns` can name. */
const SETTABLE = [
  'type',
  'score',
  'confidence',
  'tags',
  'comment',
  'ref',
  'link',
  'validFrom',
  'validUntil',
] as const
const FIXED = ['tlp', 'detection'] as const

/** Columns whose name says «the value», likeliest first: where there is one, no other column is a value. */
const GENERIC = 'value indicator indicator_value ioc ioc_value observable observable_value artifact'

/** Columns named after a type. Of a row's URL, name and address only the first is the indicator: see `CsvLayout`. */
const TYPED: readonly (readonly [IndicatorHint, group: 'hosts' | 'others', names: string])[] = [
  ['url', 'hosts', 'url urls malicious_url phishing_url'],
  ['domain', 'hosts', 'domain domain_name domains fqdn hostname host'],
  ['ip', 'hosts', 'ip ip_address ipaddress ipv4 ipv6 dst_ip dest_ip src_ip dstip srcip'],
  ['ip', 'hosts', 'cidr network netblock subnet address ip_range prefix'],
  ['email', 'others', 'email email_address sender'],
  ['md5', 'others', 'md5 md5_hash hash_md5 md5hash'],
  ['sha1', 'others', 'sha1 sha1_hash hash_sha1 sha1hash'],
  ['sha256', 'others', 'sha256 sha256_hash hash_sha256 sha256hash'],
  ['sha512', 'others', 'sha512 sha512_hash hash_sha512 sha512hash'],
  ['hash', 'others', 'hash file_hash filehash hashes'],
]

/** Where what is in a row. */
export interface CsvLayout {
  /**
   * Of these, the first that is not empty in a row is an indicator. A URL's row often tells its host and address, too:
   * they describe it, and may be as innocent as a code host's.
   */
  readonly hosts: readonly ValueColumn[]
  /** Each of these that is not empty in a row is an indicator. */
  readonly others: readonly ValueColumn[]
  readonly details: Readonly<Partial<Record<DetailName, number>>>
}

/**
 * The layout a header line states; undefined when no name in it is known, so that it may be no header. Names compare
 * without case and punctuation. Throws FEED_MALFORMED when a configured column is missing.
 */
export function layoutOfHeader(cells: readonly string[], entry: FeedEntry): CsvLayout | undefined {
  const names = cells.map(columnName)
  const details = detailColumns(names, entry)
  const { columns, indicatorType } = entry
  if (columns.value !== undefined) return single(requiredColumn(names, columns.value), indicatorType, details)
  const generic = firstOf(names, GENERIC)
  if (generic !== undefined) return single(generic, indicatorType, details)
  const found = TYPED.flatMap(([hint, group, known]) =>
    known.split(' ').flatMap((name) => {
      const index = names.indexOf(name)
      return index < 0 ? [] : [{ group, index, hint }]
    }),
  )
  if (found.length === 0) return undefined
  return {
    hosts: found.filter(({ group }) => group === 'hosts'),
    others: found.filter(({ group }) => group === 'others'),
    details,
  }
}

function detailColumns(names: readonly string[], { columns }: FeedEntry): CsvLayout['details'] {
  const details: Partial<Record<DetailName, number>> = {}
  for (const name of [...SETTABLE, ...FIXED]) {
    const configured = name === 'tlp' || name === 'detection' ? undefined : columns[name]
    const index = configured === undefined ? firstOf(names, DETAILS[name]) : requiredColumn(names, configured)
    if (index !== undefined) details[name] = index
  }
  return details
}

/** Whether a row whose cells are known column names is one all the same: `domain,evil.example`. */
export function looksLikeData(cells: readonly string[]): boolean {
  return cells.some((cell) => indicatorValues(cell).length > 0)
}

/** Without header: the first column in which one of the rows has a value. */
export function layoutOfRows(rows: readonly (readonly string[])[], entry: FeedEntry): CsvLayout | undefined {
  for (const row of rows) {
    if (row.length === 1) return single(0, entry.indicatorType, {})
    const index = row.findIndex((cell) => indicatorValues(cell, entry.indicatorType).length > 0)
    if (index >= 0) return single(index, entry.indicatorType, {})
  }
  return undefined
}

function single(index: number, hint: IndicatorHint, details: CsvLayout['details']): CsvLayout {
  return { hosts: [{ index, hint }], others: [], details }
}

function firstOf(names: readonly string[], known: string): number | undefined {
  const name = known.split(' ').find((candidate) => names.includes(candidate))
  return name === undefined ? undefined : names.indexOf(name)
}

function requiredColumn(names: readonly string[], configured: string): number {
  const index = names.indexOf(columnName(configured))
  if (index >= 0) return index
  throw new AppError('FEED_MALFORMED', `The CSV has no column ${JSON.stringify(configured)}`, {
    hint: 'Compare the feed’s columns setting with the first line of the file.',
  })
}

function columnName(text: string): string {
  return text
    .slice(0, 100)
    .toLowerCase()
    .replaceAll(/[^a-z0-9]+/g, '_')
    .replaceAll(/^_+|_+$/g, '')
}
