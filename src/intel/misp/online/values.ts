import { domainToUnicode } from 'node:url'
import { canonicalDomain } from '../../../canonical/domain.ts'
import { urlHost } from '../../../canonical/url.ts'
import type { Observable } from '../../../core/observable.ts'

type Term = Pick<Observable, 'type' | 'value'>

const DEFAULT_PORTS: ReadonlyMap<string, string> = new Map([
  ['http', '80'],
  ['https', '443'],
])

/** Emoji and the like: MISP stores each as `?` (default connection charset), so that asking for one finds nothing. */
const OUTSIDE_BMP = /[\u{10000}-\u{10ffff}]/u

/**
 * The strings to ask MISP for, none empty, the canonical value first. MISP compares without regard to case and stores names,
 * addresses, digests and e-mail addresses in the canonical form; URLs it stores as they were typed. A URL is therefore asked for
 *
 * - in its canonical form;
 * - http and https: with the default port written out, and without the scheme (such an entry stands for both)
 *   where the host is one that can begin an entry;
 * - without the slash, where the path is only that;
 * - with an international name, and letters in its path, in Unicode.
 *
 * URLs typed in other ways (user information, fragment, `..`, needless percent-encoding) are found by the mirror only.
 */
export function mispForms({ type, value }: Term): readonly string[] {
  if (type !== 'url') return [literal(value)]
  return urlSpellings(value).map(literal)
}

/** How many values an observable is in a request. */
export function weigh(term: Term): number {
  return mispForms(term).length
}

/** Whether MISP takes a form as a pattern, because `%` is its first or last character. */
export function isPattern(form: string): boolean {
  return form.startsWith('%') || form.endsWith('%')
}

/**
 * A `%` at an end makes an entry a pattern. A trailing one becomes literal when all that is special is escaped; a leading one
 * cannot (`\%…` is compared with its backslash): then more may be found than was asked for (MISP 2.5.1, recorded `escape__*`).
 */
function literal(value: string): string {
  if (!isPattern(value)) return value
  const escaped = value.replaceAll(/[%_\\]/g, String.raw`\$&`)
  return escaped.startsWith(String.raw`\%`) ? escaped.slice(1) : escaped
}

function urlSpellings(url: string): readonly string[] {
  const colon = url.indexOf(':')
  const scheme = url.slice(0, colon)
  const slash = url.indexOf('/', colon + 3)
  const port = DEFAULT_PORTS.get(scheme)
  const bare = port !== undefined && isPublicHost(url)
  const spellings: string[] = []
  for (const host of hostSpellings(url.slice(colon + 3, slash))) {
    const hasPort = /:\d+$/.test(host)
    for (const path of pathSpellings(url.slice(slash))) {
      spellings.push(`${scheme}://${host}${path}`)
      if (port !== undefined && !hasPort) spellings.push(`${scheme}://${host}:${port}${path}`)
      if (bare) spellings.push(`${host}${path}`)
    }
  }
  return spellings
}

function isPublicHost(url: string): boolean {
  const { type, value } = urlHost(url)
  return type !== 'domain' || canonicalDomain(value) !== undefined
}

function hostSpellings(host: string): readonly string[] {
  if (!host.includes('xn--')) return [host]
  const [name = '', port] = host.split(':')
  const unicode = domainToUnicode(name)
  if (unicode === '' || unicode === name || OUTSIDE_BMP.test(unicode)) return [host]
  return [host, port === undefined ? unicode : `${unicode}:${port}`]
}

function pathSpellings(path: string): readonly string[] {
  const spellings = [path]
  const unicode = withLetters(path)
  if (unicode !== path && !OUTSIDE_BMP.test(unicode)) spellings.push(unicode)
  const bare = path === '/' || path.startsWith('/?')
  return bare ? spellings.flatMap((spelling) => [spelling, spelling.slice(1)]) : spellings
}

/** Percent-encoded characters beyond ASCII as they are typed: `/caf%C3%A9` → `/café`. */
function withLetters(path: string): string {
  return path.replaceAll(/(?:%[89A-F][0-9A-F])+/gi, (octets) => {
    try {
      return decodeURIComponent(octets)
    } catch {
      return octets
    }
  })
}
