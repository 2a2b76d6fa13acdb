import { domainToUnicode } from 'node:url'
import { canonicalDomain } from '../../canonical/domain.ts'
import { urlHost } from '../../canonical/url.ts'

const DEFAULT_PORTS: ReadonlyMap<string, string> = new Map([
  ['http', '80'],
  ['https', '443'],
])

/** Emoji and the like: MISP stores each as `?` (default connection charset), so that asking for one finds nothing. */
const OUTSIDE_BMP = /[\u{10000}-\u{10ffff}]/u

/**
 * How people type a URL that has this canonical form, itself first: without the slash where the path is only that; with an
 * international name, and letters in its path, in Unicode. `with all`: for http and https also with the default port written
 * out, and without the scheme (such an entry stands for both) where the host is one that can begin an entry.
 */
export function urlSpellings(url: string, extent: 'plain' | 'with all'): readonly string[] {
  const colon = url.indexOf(':')
  const scheme = url.slice(0, colon)
  const slash = url.indexOf('/', colon + 3)
  const port = extent === 'plain' ? undefined : DEFAULT_PORTS.get(scheme)
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

/** A host of a URL, with its port if it has one, and in Unicode where it is an international name. */
export function hostSpellings(host: string): readonly string[] {
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
