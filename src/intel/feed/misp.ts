import { AppError } from '../../core/errors.ts'
import type { Indicator } from '../../core/indicator.ts'
import { isRecord } from '../../core/json.ts'
import { mispStatement } from '../misp/indicators/rows.ts'
import { mispDetails, mispParts } from '../misp/indicators/statement.ts'
import { BLOCK_SIZE, type Maker } from './maker.ts'
import { mispAttribute, mispEvent, type MispAttribute, type MispEvent } from './schema.ts'

/** `{"response": [{"Event": …}]}` is the deepest shape MISP writes. */
const MAX_WRAPPERS = 4

/**
 * MISP events as exported or as in a MISP feed: `{"Event": …}`, `{"response": […]}`, a list of them, a bare event,
 * or the attributes of a `restSearch`. Unpublished events count too: whoever put the file here means it. Deleted
 * attributes and objects are left out; `first_seen` and `last_seen` are observations, no validity. An indicator says the
 * same as one that a MISP server is asked for (`misp/indicators/indicators.ts`), but for its source and link. Throws
 * FEED_MALFORMED when it is none of these.
 */
export function* parseMisp(root: unknown, maker: Maker): Iterable<readonly Indicator[]> {
  const events = eventsOf(root, '', 0)
  if (events === undefined) {
    maker.tally.foreign()
    throw new AppError('FEED_MALFORMED', 'The JSON holds no MISP event')
  }
  let block: Indicator[] = []
  for (const { event, at } of events) {
    for (const [attribute, where] of attributesOf(event, at, maker)) {
      addAttribute(attribute, { event: ownEvent(attribute) ?? event, at: where, maker, block })
      if (block.length < BLOCK_SIZE) continue
      yield block
      block = []
    }
  }
  if (block.length > 0) yield block
}

interface LocatedEvent {
  readonly event: MispEvent
  readonly at: string
}

/** Undefined when nothing in it has the shape of an event. */
function eventsOf(node: unknown, at: string, depth: number): readonly LocatedEvent[] | undefined {
  if (depth > MAX_WRAPPERS) return undefined
  if (Array.isArray(node)) {
    const found = node.flatMap((one: unknown, index) => eventsOf(one, `${at}[${index}]`, depth + 1) ?? [])
    return found.length > 0 || node.length === 0 ? found : undefined
  }
  if (!isRecord(node)) return undefined
  if ('Event' in node) return eventsOf(node['Event'], `${at}Event`, depth + 1)
  if ('response' in node) return eventsOf(node['response'], `${at}response`, depth + 1)
  const isEvent = at.endsWith('Event') || Array.isArray(node['Attribute']) || Array.isArray(node['Object'])
  const parsed = isEvent ? mispEvent.safeParse(node) : undefined
  return parsed?.success === true ? [{ event: parsed.data, at }] : undefined
}

function* attributesOf(event: MispEvent, at: string, maker: Maker): Iterable<[MispAttribute, string]> {
  const path = at === '' ? '' : `${at}.`
  yield* parsedAttributes(event.Attribute, `${path}Attribute`, maker)
  for (const [index, object] of event.Object.entries()) {
    if (object.deleted === true) continue
    yield* parsedAttributes(object.Attribute, `${path}Object[${index}].Attribute`, maker)
  }
}

function* parsedAttributes(
  attributes: readonly unknown[],
  at: string,
  maker: Maker,
): Iterable<[MispAttribute, string]> {
  for (const [index, raw] of attributes.entries()) {
    const parsed = mispAttribute.safeParse(raw)
    if (!parsed.success) maker.tally.skip('malformed', `${at}[${index}]`)
    else if (parsed.data.deleted !== true) yield [parsed.data, `${at}[${index}]`]
  }
}

/** Attributes of a `restSearch` carry their event with them. */
function ownEvent(attribute: MispAttribute): MispEvent | undefined {
  return isRecord(attribute.Event) ? mispEvent.safeParse(attribute.Event).data : undefined
}

interface AttributePlace {
  readonly event: MispEvent
  readonly at: string
  readonly maker: Maker
  readonly block: Indicator[]
}

function addAttribute(attribute: MispAttribute, { event, at, maker, block }: AttributePlace): void {
  maker.tally.understood()
  const parts = mispParts(attribute.type, attribute.value)
  if (parts === undefined) return maker.tally.skip('unsupported_type', at)
  const details = {
    ref: attribute.uuid ?? attribute.id ?? `${maker.file}:${at}`,
    ...mispDetails(mispStatement(attribute, event)),
  }
  for (const { text, hint } of parts) {
    for (const value of maker.values(text, hint, at)) block.push(maker.indicator(value, details))
  }
}
