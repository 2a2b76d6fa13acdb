export type EpochMs = number

/** Where a line was read: the file as configured, and the byte offset of its first byte (uncompressed). */
export interface Origin {
  readonly file: string
  readonly offset: number
}

/**
 * One Wazuh alert, or a finding or event of Wazuh 5, parsed but not interpreted. Immutable: stages add beside it, never into it.
 * Every field but `body` is a convenience copy with a harmless default when the alert lacks it.
 */
export interface Alert {
  /**
   * Wazuh's own id, `<epoch seconds>.<offset>`: a string, never a number, unique per node only. '' when absent. Of Wazuh 5
   * the ids of event and rule, or what takes their place (`sources/wazuh5-finding.ts`).
   */
  readonly id: string
  /** From `timestamp`; 0 when it is missing or unreadable. */
  readonly time: EpochMs
  /** `timestamp` as written (`2026-11-21T10:00:00.123+0000`), '' when absent. Of Wazuh 5 `@timestamp`. */
  readonly timestamp: string
  /** 0–16; 0 in archives. Of Wazuh 5 from the word in `wazuh.rule.level`; 0 for events that no rule matched. */
  readonly level: number
  /** A number as text; of Wazuh 5 a UUID. */
  readonly ruleId: string
  /** Of Wazuh 5 the integration, its decoders and the tags of the rule. */
  readonly groups: readonly string[]
  readonly agent: { readonly id: string; readonly name: string }
  /** `manager.name`; of Wazuh 5 the name of the cluster. */
  readonly manager: string
  /** `cluster.node`, '' outside a cluster. */
  readonly node: string
  readonly location: string
  readonly origin: Origin
  /** 64-bit hash of the line's bytes: the identity of its content, for alert deduplication. */
  readonly digest: bigint
  readonly body: Readonly<Record<string, unknown>>
}
