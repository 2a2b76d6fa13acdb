import { isEmptyFileHash } from '../canonical/hash.ts'
import { indicatorValues } from '../canonical/indicator-value.ts'
import { ipBytes } from '../canonical/ip.ts'
import { coversAddress, readNetwork, type Network } from '../canonical/network.ts'
import { urlHost } from '../canonical/url.ts'
import type { EpochMs } from '../core/alert.ts'
import { TLP, type Indicator } from '../core/indicator.ts'
import type { HoldReason, MatchedIndicator } from '../core/match.ts'
import { observableKey, type Exclusion, type Observable } from '../core/observable.ts'
import type { PolicyConfig } from './config.ts'
import { createRiskOf } from './false-positive.ts'
import { isNotForDetection, isOfOtherType, isRevokedByTime } from './opencti.ts'
import { createTagTest } from './tag-pattern.ts'
import { warningsOf, type WarningCheck } from './warnings.ts'

/** What the user has decided about which matches count. Pure: the time comes as an argument. */
export interface Policy {
  /** Why an observable is never looked up: its special-use range, unless the settings ask for that range. */
  exclusion(observable: Observable): Exclusion | undefined
  /** Why every match of an observable is held back: allow-list, digest of the empty file. */
  holdsObservable(observable: Observable): 'allow-list' | 'empty-file' | undefined
  /**
   * An indicator that applies to an observable with the reason why it does not count at `now`, and the warning-lists that either of
   * them stands on. What an earlier judgement said is forgotten.
   */
  judge(observable: Observable, found: MatchedIndicator, now: EpochMs): MatchedIndicator
  /** More about a held indicator, for people: the tag, the TLP, the lists; undefined when the reason says it all. */
  detail(held: MatchedIndicator): string | undefined
  /** Whether an indicator held for this reason is reported all the same, marked. */
  flags(reason: HoldReason): boolean
  readonly reportHeld: boolean
}

export interface PolicyParts {
  readonly warningLists?: WarningCheck
}

/** `invalid`: allow-list entries that are no value, network or name; `check` tells them. */
export function createPolicy(
  config: PolicyConfig,
  { warningLists }: PolicyParts = {},
): Policy & { readonly invalid: readonly string[] } {
  const allow = createAllowList(config.allow)
  const rules = createIndicatorRules(config)
  const lookedUp = new Set<Exclusion>(config.lookUpSpecial)
  const flags = (reason: HoldReason): boolean =>
    (reason === 'expired' && config.expired === 'flag') || (reason === 'revoked' && config.revoked === 'flag')
  return {
    exclusion: ({ special }) => (special === undefined || lookedUp.has(special) ? undefined : special),
    holdsObservable: (observable) => {
      if (isHashType(observable.type) && isEmptyFileHash(observable.value)) return 'empty-file'
      return allow.has(observable) ? 'allow-list' : undefined
    },
    judge: (observable, { indicator, kind }, now) => {
      const warnings = warningsOf(warningLists, observable, indicator)
      const reasons = rules.reasons(indicator, now)
      const holding = warnings?.suppressing ?? []
      if (holding.length > 0) reasons.push('warning-list')
      // What is only marked for one reason may be held back for another.
      const heldBy = reasons.find((reason) => !flags(reason)) ?? reasons[0]
      return {
        indicator,
        kind,
        ...(heldBy === undefined ? {} : { heldBy }),
        ...(heldBy !== undefined && flags(heldBy) ? { flagged: true } : {}),
        ...(warnings === undefined ? {} : { warnings: warnings.lists }),
        ...(heldBy === 'warning-list' ? { heldByLists: holding } : {}),
      }
    },
    detail: ({ indicator, heldBy, heldByLists }) =>
      heldBy === 'warning-list' ? heldByLists?.join('; ') : rules.detail(indicator, heldBy),
    flags,
    reportHeld: config.reportHeld,
    invalid: allow.invalid,
  }
}

/** What an indicator says of itself against the settings. */
interface IndicatorRules {
  reasons(indicator: Indicator, now: EpochMs): HoldReason[]
  detail(indicator: Indicator, reason: HoldReason | undefined): string | undefined
}

function createIndicatorRules(config: PolicyConfig): IndicatorRules {
  const { require, exclude } = config.tags
  const isRequired = createTagTest(require)
  const isExcluded = createTagTest(exclude)
  const riskOf = createRiskOf(config.falsePositiveRisk)
  const maxTlp = TLP.indexOf(config.maxTlp)
  return {
    reasons: (indicator, now) => {
      const { validUntil, validFrom, score, confidence, tags, tlp } = indicator
      const holds: readonly (readonly [HoldReason, boolean])[] = [
        ['revoked', indicator.revoked === true && !isRevokedByTime(indicator)],
        ['expired', (validUntil !== undefined && validUntil <= now) || isRevokedByTime(indicator)],
        ['not-yet-valid', validFrom !== undefined && validFrom > now],
        ['no-detection', isNotForDetection(indicator, config)],
        ['main-type', isOfOtherType(indicator, config.opencti.mainTypes)],
        ['score', score !== undefined && score < config.minScore],
        ['confidence', confidence !== undefined && confidence < config.minConfidence],
        ['tag', tags.some(isExcluded) || (require.length > 0 && !tags.some(isRequired))],
        ['tlp', tlp !== undefined && TLP.indexOf(tlp) > maxTlp],
        ['false-positive-risk', riskOf(tags) !== undefined],
      ]
      return holds.flatMap(([reason, held]) => (held ? [reason] : []))
    },
    detail: ({ tags, tlp }, reason) => {
      if (reason === 'tag') return tags.find(isExcluded) ?? 'none of the tags in policy.tags.require'
      if (reason === 'tlp') return tlp
      return reason === 'false-positive-risk' ? riskOf(tags) : undefined
    },
  }
}

function isHashType(type: Observable['type']): boolean {
  return type === 'md5' || type === 'sha1' || type === 'sha256' || type === 'sha512'
}

interface AllowList {
  has(observable: Observable): boolean
  readonly invalid: readonly string[]
}

function createAllowList(allow: PolicyConfig['allow']): AllowList {
  const values = new Set<string>()
  const invalid: string[] = []
  const add = (text: string, hint: 'auto' | 'domain'): void => {
    const found = indicatorValues(text, hint)
    if (found.length === 0) invalid.push(text)
    for (const value of found) values.add(observableKey(value))
  }
  for (const text of allow.values) add(text, 'auto')
  const domains = new Set<string>()
  for (const text of allow.domains) {
    const name = text
      .trim()
      .toLowerCase()
      .replace(/^\*?\./, '')
      .replace(/\.$/, '')
    if (/^[a-z0-9_-]+(?:\.[a-z0-9_-]+)*$/.test(name)) domains.add(name)
    else invalid.push(text)
  }
  const networks = allow.networks.flatMap((text) => readNetwork(text) ?? (invalid.push(text), []))
  return {
    invalid,
    has: (observable) =>
      (values.size > 0 && values.has(observableKey(observable))) ||
      hasName(domains, observable) ||
      hasAddress(networks, observable),
  }
}

/** The name an observable lies under: its own, its URL's host or its e-mail domain. */
function nameOf({ type, value }: Observable): string | undefined {
  if (type === 'domain') return value
  if (type === 'email') return value.slice(value.lastIndexOf('@') + 1)
  if (type === 'url') {
    const host = urlHost(value)
    return host.type === 'domain' ? host.value : undefined
  }
  return undefined
}

function hasName(domains: ReadonlySet<string>, observable: Observable): boolean {
  if (domains.size === 0) return false
  const name = nameOf(observable)
  if (name === undefined) return false
  if (domains.has(name)) return true
  for (let dot = name.indexOf('.'); dot >= 0; dot = name.indexOf('.', dot + 1)) {
    if (domains.has(name.slice(dot + 1))) return true
  }
  return false
}

function hasAddress(networks: readonly Network[], { type, value }: Observable): boolean {
  if (networks.length === 0) return false
  const host = type === 'url' ? urlHost(value) : { type, value }
  if (host.type !== 'ipv4' && host.type !== 'ipv6') return false
  const bytes = ipBytes(host.value)
  return networks.some((network) => coversAddress(network, bytes))
}
