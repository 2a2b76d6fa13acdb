export type EpochMs = number

/** Where a line was read: the file as configured, and the byte offset of its first byte (uncompressed). */
export interface Origin {
  readonly file: string
  readonly offset: number
}

/**
 * One Wazuh alert, parsed but not interpreted. Immutable: stages add beside it, never into it.
 * Every field but `body` is a convenience copy with a harmless default when the alert lacks it.
 */
export interface Alert {
  /** Wazuh's own id, `<epoch seconds>.<offset>`: a string, never a number, unique per node only. '' when absent. */
  readonly id: string
  /** From `timestamp`; 0 when it is missing or unreadable. */
  readonly time: EpochMs
  /** `timestamp` as written (`2026-11-21T10:00:00.123+0000`), '' when absent. */
  readonly timestamp: string
  /** 0–16; 0 in archives. */
  readonly level: number
  readonly ruleId: string
  readonly groups: readonly string[]
  readonly agent: { readonly id: string; readonly name: string }
  /** `manager.name`. */
  readonly manager: string
  /** `cluster.node`, '' outside a cluster. */
  readonly node: string
  readonly location: string
  readonly origin: Origin
  /** 64-bit hash of the line's bytes: the identity of its content, for alert deduplication. */
  readonly digest: bigint
  readonly body: Readonly<Record<string, unknown>>
}
