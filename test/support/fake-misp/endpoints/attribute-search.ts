import type { Answer } from '../http/answer.ts'
import { failure, TEXTS } from '../http/answer.ts'
import type { Exchange } from '../http/exchange.ts'
import { readPage } from '../search/page.ts'
import type { Options } from '../search/options.ts'
import { searchOptions } from '../search/options.ts'
import type { StoredAttribute } from '../store/stored.ts'
import { filterOf } from './filter-of.ts'
import { FORMATS } from './formats.ts'
import { rowExtras } from './row-extras.ts'
import { rowWriter } from '../search/row-json.ts'
import { warningsOf } from './warnings.ts'
import { decayedRow } from './decay.ts'

/** `/attributes/restSearch`: the heart of it. */
export function attributeSearch(exchange: Exchange): Answer {
  const { instance, user, url, method } = exchange
  if (method === 'GET' && exchange.args.length === 0 && Object.keys(exchange.named).length === 0) {
    return failure(400, TEXTS.getWithoutParameters, url)
  }
  const filter = filterOf(exchange)
  const options = searchOptions(filter)
  const format = options.format === 'download' ? 'json' : options.format
  if (Number.isNaN(options.limit) || packetTooLong(filter['value'])) return failure(500, TEXTS.internal, url)
  if (format !== 'json' && FORMATS[format] === undefined) return failure(404, TEXTS.outputFormat, url)
  const context = { database: instance.database, user, now: instance.now() }
  const strict = FORMATS[format]?.idsOnly === true ? { to_ids: 1, published: 1, ...filter } : filter
  const { rows, skipped, count } = readPage(strict, options, {
    context,
    rules: { drops: dropper(exchange, options), cap: instance.pageCap },
  })
  const headers = {
    'X-Result-Count': String(count),
    'X-Export-Module-Used': format,
    'X-Response-Format': format === 'json' ? 'json' : (FORMATS[format]?.shown ?? 'txt'),
    'X-Skipped-Elements-Count': String(skipped),
  }
  const other = FORMATS[format]
  if (other !== undefined) {
    return { status: 200, body: other.write(rows, { filter, count }), type: other.type, headers }
  }
  const write = rowWriter(instance.database, options, rowExtras(exchange, options))
  return { status: 200, body: chunked(rows, write), type: 'application/json', headers }
}

function dropper({ instance }: Exchange, options: Options): (row: StoredAttribute) => boolean {
  if (options.enforceWarnings) return (row) => warningsOf(instance.warningLists, row, 'any').length > 0
  if (options.excludeDecayed) return (row) => decayedRow(row, instance.now(), options.score)
  return () => false
}

/** The statement holds each value twice; the database takes 16 MiB (limits__values_300000). */
const PACKET_BYTES = 16 * 1024 * 1024

function packetTooLong(value: unknown): boolean {
  if (!Array.isArray(value) || value.length < 100_000) return false
  return value.reduce<number>((sum, each) => sum + 2 * (String(each).length + 3), 0) > PACKET_BYTES
}

/** In pieces: one text of a million rows would be longer than the engine allows. */
function chunked(
  rows: readonly StoredAttribute[],
  write: (row: StoredAttribute) => string,
): readonly Buffer[] {
  const chunks: Buffer[] = []
  let text = '{"response": {"Attribute": ['
  rows.forEach((row, place) => {
    text += `${place === 0 ? '' : ','}${write(row)}`
    if (text.length > 1 << 20) {
      chunks.push(Buffer.from(text))
      text = ''
    }
  })
  return [...chunks, Buffer.from(`${text}]}}\n`)]
}
