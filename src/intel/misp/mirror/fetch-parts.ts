import type { Clock } from '../../../core/clock.ts'
import type { Indicator } from '../../../core/indicator.ts'
import type { MispMirrorEvents } from '../../../telemetry/events/misp-mirror.ts'
import type { Snapshot } from '../../mirror/snapshot.ts'
import type { MispClient, MispRow } from '../api.ts'
import type { Doubts } from './doubts.ts'
import type { Pace } from './pace.ts'

/** What fetching events needs. */
export interface FetchParts {
  readonly client: Pick<MispClient, 'searchAttributes'>
  readonly snapshot: Snapshot
  readonly indicatorsOf: (row: MispRow) => readonly Indicator[]
  readonly pace: Pace
  readonly doubts: Doubts
  readonly events: MispMirrorEvents
  readonly clock: Clock
  /** Whether only published events count. */
  readonly published: boolean
  readonly maxIndicators: number
  /** Called after each answer. */
  readonly onProgress: () => void
}
