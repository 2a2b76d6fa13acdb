import type { AppError } from '../../../core/errors.ts'
import type { HttpClient } from '../../http/client.ts'
import type { OpenCtiClient } from '../api.ts'
import type { IndicatorNode } from '../client/schema.ts'
import type { OpenCtiCopy, OpenCtiMirrorOptions } from './copy.ts'
import type { LoadParts } from './load.ts'
import type { LoadSchedule } from './schedule.ts'

/** What brings a copy up to date gives, one after the other. */
export type Step =
  | {
      readonly kind: 'loaded'
      /** Units that are different now. */
      readonly changed: readonly string[]
      readonly done: number
      readonly total: number | undefined
    }
  | { readonly kind: 'load-ended'; readonly read: number; readonly ms: number }
  | { readonly kind: 'load-failed'; readonly error: AppError; readonly retryInMs: number }
  | { readonly kind: 'objects'; readonly objects: ReadonlyMap<string, IndicatorNode | undefined> }
  /** Nothing newer is missing. */
  | { readonly kind: 'alive'; readonly by: 'stream' | 'poll' }
  /** Time has passed. */
  | { readonly kind: 'tick' }
  | { readonly kind: 'follow-failed'; readonly error: AppError; readonly retryInMs: number }

/** What all that gives steps works with. */
export interface StepParts extends LoadParts, Pick<OpenCtiMirrorOptions, 'telemetry'> {
  readonly client: Pick<OpenCtiClient, 'indicators' | 'requireVersion'>
  readonly config: OpenCtiMirrorOptions['config']
  readonly copy: OpenCtiCopy
  readonly http: Pick<HttpClient, 'open' | 'server'>
  readonly schedule: LoadSchedule
  /** A person asks for it: what was distrusted once is believed the second time. */
  readonly byHand?: true
}
