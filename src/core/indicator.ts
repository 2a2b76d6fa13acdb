import type { EpochMs } from './alert.ts'
import type { ObservableType } from './observable.ts'
import type { OpenCtiContext } from './opencti.ts'

export type ComponentId = string

export const TLP = ['clear', 'green', 'amber', 'amber+strict', 'red'] as const
export type Tlp = (typeof TLP)[number]

/**
 * One statement by one provider about one value. A composite (`domain|ip`) or an OR pattern becomes one
 * indicator for each value, all with the same `ref`.
 */
export interface Indicator {
  readonly type: ObservableType
  /** Canonical value; for ipv4/ipv6 it may be a network in CIDR form (`203.0.113.0/24`). */
  readonly value: string
  readonly provider: ComponentId
  /** Which feed of the provider: a file name, a MISP feed, a collection. */
  readonly source: string
  /** MISP attribute UUID, STIX id, or `<file>:<line>` for a plain list. */
  readonly ref: string
  /** The provider's own type word: `ip-dst|port`, `indicator`, `domain`. */
  readonly sourceType: string
  /** The provider's whole text when `value` is only a part of it (`1.2.3.4|443`); absent otherwise. */
  readonly composite?: string
  /** Title of the event, report or indicator. */
  readonly title?: string
  /** MISP event id or report id, as text. */
  readonly event?: string
  /** MISP event UUID. */
  readonly eventUuid?: string
  /** Date the analyst gave the event, `2026-11-21`. */
  readonly eventDate?: string
  /** `high`, `medium`, `low`, `undefined`: the words of MISP's `threat_level_id` 1 to 4. */
  readonly threatLevel?: string
  /** Who made the statement: MISP `Orgc.name`, STIX `created_by_ref`. */
  readonly organisation?: string
  /** MISP category or STIX indicator type. */
  readonly category?: string
  readonly comment?: string
  readonly tags: readonly string[]
  readonly tlp?: Tlp
  /** Names from galaxy tags or relations: `APT28`. */
  readonly threatActors?: readonly string[]
  /** Malware, tools and ransomware, by name. */
  readonly malware?: readonly string[]
  /** ATT&CK techniques and the like: `T1059 Command and Scripting Interpreter`. */
  readonly attackPatterns?: readonly string[]
  /** `mitre-attack:execution`. */
  readonly killChainPhases?: readonly string[]
  readonly firstSeen?: EpochMs
  readonly lastSeen?: EpochMs
  /** 0–100; absent when not stated. */
  readonly score?: number
  /** 0–100; absent when not stated. */
  readonly confidence?: number
  /** MISP `to_ids`, OpenCTI `x_opencti_detection`; absent when not stated. */
  readonly detection?: boolean
  readonly validFrom?: EpochMs
  readonly validUntil?: EpochMs
  readonly revoked?: boolean
  readonly link?: string
  /**
   * A STIX pattern of which `type` and `value` are only the part by which it is found: the indicator applies when the whole
   * pattern holds for the alert.
   */
  readonly pattern?: string
  /** What the platform says in its own words, for sinks that pass it on. */
  readonly context?: OpenCtiContext
}
