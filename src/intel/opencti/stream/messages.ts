import type { EventSourceMessage } from 'eventsource-parser'
import { z } from 'zod'
import { AppError } from '../../../core/errors.ts'
import { parseJson } from '../../../core/json.ts'
import { lenient } from '../../lenient.ts'
import type { IndicatorNode } from '../client/schema.ts'
import type { Dictionary } from './dictionary.ts'
import { internalId, nodeOf, parseStixObject } from './stix-document.ts'

/** What one message of a live stream says (OpenCTI 5.12 to 7.260817, `sseMiddleware.js`). */
export type StreamMessage =
  | { readonly kind: 'connected'; readonly first?: string; readonly last?: string }
  /** Nothing for a mirror, or nothing that can be read; the position is good all the same. */
  | { readonly kind: 'other'; readonly position?: string; readonly malformed?: true }
  | {
      readonly kind: 'indicator'
      readonly position?: string
      /** The objects that are different now, by internal id; undefined: it is no more. */
      readonly objects: ReadonlyMap<string, IndicatorNode | undefined>
    }

const position = lenient(z.string().regex(/^\d{1,15}-\d{1,10}$/))
const connected = z.object({ firstEventId: position, lastEventId: position })
const envelope = z.object({
  data: z.unknown().optional(),
  context: lenient(z.object({ sources: z.array(z.unknown()).catch([]) })),
})

const CHANGES: ReadonlySet<string> = new Set(['create', 'update', 'merge', 'delete'])

/**
 * Reads one message. What happened is told by the name of the event alone: an update by which an object leaves the filter of the
 * stream comes as `delete` with the new document. Throws PROVIDER_UNREACHABLE when the server gives the stream up.
 */
export function readMessage(
  { event = 'message', id, data }: EventSourceMessage,
  dictionary: Dictionary,
): StreamMessage {
  if (event === 'connected') return readConnected(data)
  if (event === 'error')
    throw new AppError('PROVIDER_UNREACHABLE', 'OpenCTI ended its stream with an error', {
      hint: 'It is connected again. The logs of OpenCTI say more.',
    })
  const at = positioned(id)
  if (!CHANGES.has(event)) return { kind: 'other', ...at }
  const said = envelope.safeParse(parseJson(data)).data
  const object = parseStixObject(said?.data)
  if (said === undefined || object === undefined)
    return isOtherType(said?.data) ? { kind: 'other', ...at } : { kind: 'other', ...at, malformed: true }
  dictionary.learn(object)
  if (object.type !== 'indicator') return { kind: 'other', ...at }
  const objects = new Map<string, IndicatorNode | undefined>()
  // No deletions are sent for what was merged into another.
  if (event === 'merge')
    for (const source of said.context?.sources ?? []) {
      const gone = parseStixObject(source)
      if (gone !== undefined) objects.set(internalId(gone), undefined)
    }
  objects.set(internalId(object), event === 'delete' ? undefined : nodeOf(object, dictionary))
  return { kind: 'indicator', ...at, objects }
}

function readConnected(data: string): StreamMessage {
  const { firstEventId, lastEventId } = connected.safeParse(parseJson(data)).data ?? {}
  return {
    kind: 'connected',
    ...(firstEventId === undefined ? {} : { first: firstEventId }),
    ...(lastEventId === undefined ? {} : { last: lastEventId }),
  }
}

function positioned(id: string | undefined): { readonly position?: string } {
  const at = position.parse(id)
  return at === undefined ? {} : { position: at }
}

/** Relations, reports and the like may have shapes of their own. */
function isOtherType(data: unknown): boolean {
  const type = z.object({ type: z.string() }).safeParse(data).data?.type
  return type !== undefined && type !== 'indicator'
}

/** Milliseconds of a position. */
export function positionMs(at: string): number {
  return Number(at.slice(0, at.indexOf('-')))
}
