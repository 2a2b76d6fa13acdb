import { isRecord } from '../../../../core/json.ts'
import { parseDate } from '../../../feed/dates.ts'
import type { OpenCtiClient, OpenCtiSighting, SightingPeriod } from '../../api.ts'
import { malformed } from '../answers.ts'
import type { AskOpenCti } from '../ask.ts'
import {
  ADD_SECURITY_PLATFORM,
  ADD_SIGHTING,
  ADD_SYSTEM,
  PATCH_SIGHTING,
  SIGHTINGS,
} from '../documents/sightings.ts'
import { madeNode, sightingNode, type SightingNode } from '../schema.ts'
import { readPage } from './read.ts'

/** Sightings of one indicator at one place: there is a new one every 30 days at most. */
const MAX_SIGHTINGS = 500
/** `Int` of GraphQL has 32 bits. */
const MAX_COUNT = 2 ** 31 - 1

type SightingCalls = Pick<
  OpenCtiClient,
  'addSighting' | 'sightings' | 'patchSighting' | 'addSecurityPlatform' | 'addSystem'
>

export function sightingCalls(ask: AskOpenCti): SightingCalls {
  return {
    addSighting: ({ from, to, period, confidence }, signal) => {
      const input = {
        fromId: from,
        toId: to,
        first_seen: isoTime(period.first),
        last_seen: isoTime(period.last),
        attribute_count: capped(period.count),
        ...(confidence === undefined ? {} : { confidence }),
      }
      return ask(
        { operation: 'AddSighting', document: ADD_SIGHTING, variables: { input } },
        (data) => made(data['stixSightingRelationshipAdd'], period),
        signal,
      )
    },
    sightings: ({ from, to }, signal) =>
      ask(
        {
          operation: 'Sightings',
          document: SIGHTINGS,
          variables: { fromId: from, toId: to, first: MAX_SIGHTINGS },
        },
        (data) => readPage(data['stixSightingRelationships'], sightingNode).nodes.flatMap(knownSighting),
        signal,
      ),
    patchSighting: ({ id, first, last, count }, signal) => {
      const input = [
        { key: 'attribute_count', value: [String(capped(count))] },
        ...(first === undefined ? [] : [{ key: 'first_seen', value: [isoTime(first)] }]),
        { key: 'last_seen', value: [isoTime(last)] },
      ]
      return ask(
        { operation: 'PatchSighting', document: PATCH_SIGHTING, variables: { id, input } },
        ({ stixSightingRelationshipEdit: edited }) =>
          isRecord(edited) && madeNode.safeParse(edited['fieldPatch']).success,
        signal,
      )
    },
    addSecurityPlatform: (name, signal) =>
      ask(
        {
          operation: 'AddSecurityPlatform',
          document: ADD_SECURITY_PLATFORM,
          variables: { input: { name, security_platform_type: 'SIEM' } },
        },
        ({ securityPlatformAdd: answer }) => idOf(answer),
        signal,
      ),
    addSystem: (name, signal) =>
      ask(
        { operation: 'AddSystem', document: ADD_SYSTEM, variables: { input: { name } } },
        ({ systemAdd: answer }) => idOf(answer),
        signal,
      ),
  }
}

function idOf(answer: unknown): string {
  const { data } = madeNode.safeParse(answer)
  if (data === undefined) throw malformed('OpenCTI does not say what it made')
  return data.id
}

/** The server may have added to one that was there: what it says counts, not what was sent. */
function made(answer: unknown, sent: SightingPeriod): OpenCtiSighting {
  const { data } = sightingNode.safeParse(answer)
  if (data === undefined) throw malformed('OpenCTI does not say which sighting it made')
  const { id, first_seen: first = '', last_seen: last = '', attribute_count: count } = data
  return {
    id,
    first: parseDate(first) ?? sent.first,
    last: parseDate(last) ?? sent.last,
    count: count ?? sent.count,
  }
}

/** Nothing when it does not say when: it cannot be compared then. */
function knownSighting(node: SightingNode): readonly OpenCtiSighting[] {
  const first = parseDate(node.first_seen ?? '')
  const last = parseDate(node.last_seen ?? '')
  if (first === undefined || last === undefined) return []
  return [{ id: node.id, first, last, count: node.attribute_count ?? 0 }]
}

function isoTime(ms: number): string {
  return new Date(ms).toISOString()
}

function capped(count: number): number {
  return Math.min(Math.max(1, Math.round(count)), MAX_COUNT)
}
