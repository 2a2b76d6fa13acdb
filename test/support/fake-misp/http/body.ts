import type { IncomingHttpHeaders } from 'node:http'
import { gunzipSync } from 'node:zlib'

export type ParsedBody = { readonly value: unknown } | { readonly problem: 'malformed' | 'brotli' }

/** What MISP makes of a body: JSON and forms are read, anything else vanishes. */
export function parseBody(bytes: Buffer, headers: IncomingHttpHeaders): ParsedBody {
  const type = headers['content-type'] ?? ''
  const encoding = headers['content-encoding']
  if (encoding === 'br') return { problem: 'brotli' }
  const text = textOf(encoding === 'gzip' ? unpacked(bytes) : bytes)
  if (type.includes('application/x-www-form-urlencoded')) {
    return { value: Object.fromEntries(new URLSearchParams(text ?? '')) }
  }
  if (!type.includes('json') || text?.trim() === '') return { value: undefined }
  try {
    return text === undefined ? { problem: 'malformed' } : { value: JSON.parse(text) as unknown }
  } catch {
    return { problem: 'malformed' }
  }
}

function unpacked(bytes: Buffer): Buffer {
  try {
    return gunzipSync(bytes)
  } catch {
    return bytes
  }
}

function textOf(bytes: Buffer): string | undefined {
  try {
    return new TextDecoder('utf-8', { fatal: true }).decode(bytes)
  } catch {
    return undefined
  }
}
