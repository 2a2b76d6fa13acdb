import { canonicalDomain } from '../canonical/domain.ts'
import { canonicalIp } from '../canonical/ip.ts'
import { isRecord, type JsonObject } from '../core/json.ts'
import type { Observable } from '../core/observable.ts'

/**
 * Fields of documents of Wazuh 5 whose values `related` may repeat without anybody having been in touch with them: addresses and
 * names of the host that tells and of the agent, and digests that are of no file.
 */
const OWN_FIELDS = [
  ...paths('host.ip host.hostname host.name host.nat.ip observer.ip observer.hostname observer.name'),
  ...paths('wazuh.agent.name wazuh.agent.host.ip wazuh.agent.host.hostname wazuh.agent.host.name'),
  ...paths('network.gateway network.broadcast container.id container.image.hash.all'),
  ...['tls.client', 'tls.server'].flatMap((side) =>
    paths(`${side}.hash.md5 ${side}.hash.sha1 ${side}.hash.sha256`),
  ),
  ...['file', 'process', 'dll'].flatMap((what) =>
    paths(
      `${what}.pe.imphash ${what}.pe.import_hash ${what}.pe.pehash ${what}.hash.cdhash ${what}.code_signature.thumbprint_sha256`,
    ),
  ),
]

const RELATED = 'related.'

/** What was found, without what only `related` names and is the own side. */
export function withoutOwnSide(found: readonly Observable[], body: JsonObject): readonly Observable[] {
  if (!found.some(isOnlyRelated)) return found
  const own = new Set(OWN_FIELDS.flatMap((path) => textsAt(body, path)).map(canonical))
  return found.filter((observable) => !own.has(observable.value) || !isOnlyRelated(observable))
}

function isOnlyRelated({ where }: Observable): boolean {
  return where.every((path) => path.startsWith(RELATED))
}

function canonical(text: string): string {
  return canonicalIp(text)?.value ?? canonicalDomain(text) ?? text.toLowerCase().replace(/^sha256:/, '')
}

/** The texts at a path, in a list or alone. */
function textsAt(body: JsonObject, path: readonly string[]): readonly string[] {
  let value: unknown = body
  for (const key of path) {
    if (!isRecord(value)) return []
    value = value[key]
  }
  const list: readonly unknown[] = Array.isArray(value) ? value : [value]
  return list.filter((item) => typeof item === 'string')
}

function paths(block: string): readonly (readonly string[])[] {
  return block
    .trim()
    .split(/\s+/)
    .map((path) => path.split('.'))
}
