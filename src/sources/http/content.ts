/**
 * What a body may be called: `application/x-ndjson` is Vector's and Fluent Bit's, `application/json_lines` Logstash's by an open
 * change; `text/plain` is what OpenSearch Notifications sends when a channel has headers of its own (Apache's `StringEntity`), and
 * Vector with the codec `text`. No type at all is taken, too.
 */
const TYPES: ReadonlySet<string> = new Set([
  'application/json',
  'application/x-ndjson',
  'application/ndjson',
  'application/jsonl',
  'application/x-jsonlines',
  'application/jsonlines',
  'application/json-lines',
  'application/json_lines',
  'application/stream+json',
  'text/json',
  'text/plain',
])
const UTF8: ReadonlySet<string> = new Set(['utf-8', 'utf8', 'us-ascii'])

/** True for a `Content-Type` that can hold alerts in UTF-8. */
export function isReadable(contentType: string | undefined): boolean {
  if (contentType === undefined || contentType.trim() === '') return true
  const [type = '', ...parameters] = contentType.toLowerCase().split(';')
  if (!TYPES.has(type.trim())) return false
  return parameters.every((parameter) => {
    const [name = '', value = ''] = parameter.split('=')
    return name.trim() !== 'charset' || UTF8.has(value.trim().replaceAll('"', ''))
  })
}

/** How a body is packed; undefined for what cannot be unpacked. */
export function packingOf(contentEncoding: string | undefined): 'none' | 'gzip' | undefined {
  const coding = contentEncoding?.trim().toLowerCase() ?? ''
  if (coding === '' || coding === 'identity') return 'none'
  // RFC 9110, 8.4.1.3: both names mean the same.
  return coding === 'gzip' || coding === 'x-gzip' ? 'gzip' : undefined
}
