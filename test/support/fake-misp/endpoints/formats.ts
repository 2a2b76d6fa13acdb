import { createHash } from 'node:crypto'
import type { Answer } from '../http/answer.ts'
import { escapeXml } from '../http/xml.ts'
import type { Filter } from '../search/terms.ts'
import { isLost } from '../search/terms.ts'
import type { StoredAttribute } from '../store/stored.ts'

export interface Format {
  readonly type: NonNullable<Answer['type']>
  /** `X-Response-Format`. */
  readonly shown: string
  /** Adds `to_ids` and `published` on its own. */
  readonly idsOnly?: true
  write(rows: readonly StoredAttribute[], search: { filter: Filter; count: number }): string
}

const unique = (rows: readonly StoredAttribute[]): string =>
  `${[...new Set(rows.map(({ value }) => value))].join('\n')}\n`

const rules = (name: string): Format => ({
  type: 'text/plain',
  shown: 'txt',
  idsOnly: true,
  write: (rows) =>
    [`# MISP export of IDS rules - optimized for ${name}`, ...rows.map(({ value }) => `# ${value}`), ''].join(
      '\n',
    ),
})

const HASHES = /^(md5|sha\d|sha3|filename\|)/

/** The formats beside JSON. Those for sensors are stubs: nobody here reads them. */
export const FORMATS: Readonly<Record<string, Format>> = {
  text: { type: 'text/plain', shown: 'txt', idsOnly: true, write: unique },
  hashes: {
    type: 'text/plain',
    shown: 'txt',
    idsOnly: true,
    write: (rows) => unique(rows.filter(({ type }) => HASHES.test(type))),
  },
  count: { type: 'text/plain', shown: 'txt', write: (rows) => String(rows.length) },
  cache: {
    type: 'text/plain',
    shown: 'txt',
    write: (rows) => rows.map(({ value }) => `${createHash('md5').update(value).digest('hex')}\n`).join(''),
  },
  csv: { type: 'text/csv', shown: 'csv', write: (rows, { filter }) => csv(rows, filter) },
  xml: {
    type: 'application/xml',
    shown: 'xml',
    write: (rows) => {
      const inner = rows.map(
        ({ id, value }) => `<Attribute><id>${id}</id><value>${escapeXml(value)}</value></Attribute>`,
      )
      return `<?xml version="1.0" encoding="UTF-8"?>\n<response>${inner.join('')}</response>\n`
    },
  },
  suricata: rules('suricata'),
  snort: rules('snort'),
  rpz: rules('rpz'),
  openioc: { ...rules('openioc'), type: 'application/xml', shown: 'xml' },
}

type Column = (row: StoredAttribute) => string | number

const COLUMNS: Readonly<Record<string, Column>> = {
  uuid: (row) => row.uuid,
  event_id: (row) => row.event.id,
  category: (row) => row.category,
  type: (row) => row.type,
  value: (row) => row.value,
  comment: (row) => row.comment,
  to_ids: (row) => Number(row.toIds),
  date: (row) => row.timestamp,
  object_relation: (row) => row.objectRelation ?? '',
  attribute_tag: (row) => row.tags.map(({ name }) => name).join(','),
  object_uuid: () => '',
  object_name: () => '',
  object_meta_category: () => '',
}

const CONTEXT: Readonly<Record<string, Column>> = {
  event_info: ({ event }) => event.info,
  event_member_org: () => 'ORGNAME',
  event_source_org: () => 'ORGNAME',
  event_distribution: ({ event }) => event.distribution,
  event_threat_level_id: ({ event }) => event.threatLevelId,
  event_analysis: ({ event }) => event.analysis,
  event_date: ({ event }) => event.date,
  event_tag: ({ event }) => event.tags.map(({ name }) => name).join(','),
  event_timestamp: ({ event }) => event.timestamp,
  timestamp: (row) => row.timestamp,
  deleted: (row) => Number(row.deleted),
}

function csv(rows: readonly StoredAttribute[], filter: Filter): string {
  const asked = filter['requested_attributes']
  const context = isLost(filter['includeContext']) ? [] : Object.keys(CONTEXT).slice(0, -2)
  const names = Array.isArray(asked) ? asked.map(String) : [...Object.keys(COLUMNS), ...context]
  const cell = (row: StoredAttribute, name: string): string => {
    const value = (COLUMNS[name] ?? CONTEXT[name])?.(row) ?? ''
    return typeof value === 'number' ? String(value) : `"${value.replaceAll('"', '""')}"`
  }
  const header = isLost(filter['headerless']) ? [names.join(',')] : []
  return [...header, ...rows.map((row) => names.map((name) => cell(row, name)).join(',')), '', ''].join('\n')
}
