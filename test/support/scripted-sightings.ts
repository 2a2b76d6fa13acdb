import { AppError } from '../../src/core/errors.ts'
import type { AddSightings, MispClient, MispSighting, SightingAnswer } from '../../src/intel/misp/api.ts'

/** A MISP that knows sightings only: what tests set decides how it answers. */
export interface ScriptedSightings {
  readonly client: MispClient
  /** What was saved in bulk, by UUID. */
  readonly saved: Map<string, MispSighting & { readonly event: string }>
  /** Saved by value. */
  readonly added: AddSightings[]
  /** Every request, in order: `version`, `bulk 7 (2)`, `value (1)`. */
  readonly requests: string[]
  maySight: boolean
  sightingFilters: boolean
  /** Attributes that are gone. */
  readonly gone: Set<string>
  /** Called before a request is worked on; throws to refuse it. */
  before: (request: string) => void
  /** Called after it was worked on; throws to lose the answer. */
  after: (request: string) => void
}

const NOT_FOUND = 'Could not add the Sighting. Reason: No valid attributes found that match the criteria.'

const unused = (): Promise<never> => Promise.reject(new AppError('INTERNAL', 'Not used by sightings'))

export function scriptedSightings(): ScriptedSightings {
  async function answer<Answer>(request: string, work: () => Answer): Promise<Answer> {
    server.requests.push(request)
    await Promise.resolve()
    server.before(request)
    const result = work()
    server.after(request)
    return result
  }
  const server: ScriptedSightings = {
    saved: new Map(),
    added: [],
    requests: [],
    maySight: true,
    sightingFilters: true,
    gone: new Set(),
    before: () => undefined,
    after: () => undefined,
    client: {
      searchAttributes: unused,
      eventIndex: unused,
      me: unused,
      heartbeat: unused,
      warningLists: unused,
      warningList: unused,
      version: () =>
        answer('version', () => ({
          version: '2.5.1',
          maySight: server.maySight,
          sightingFilters: server.sightingFilters,
        })),
      saveSightings: (event, sightings) =>
        answer(`bulk ${event} (${sightings.length})`, () => saveAll(server, event, sightings)),
      addSightings: (request) =>
        answer(`value (${request.values.length})`, () => {
          server.added.push(request)
          return request.values.every((value) => server.gone.has(value))
            ? { kind: 'refused', message: NOT_FOUND }
            : { kind: 'saved' }
        }),
      close: () => Promise.resolve(),
    },
  }
  return server
}

function saveAll(
  server: ScriptedSightings,
  event: string,
  sightings: readonly MispSighting[],
): SightingAnswer {
  const fresh = sightings.filter(
    ({ uuid, attributeUuid }) => !server.saved.has(uuid) && !server.gone.has(attributeUuid),
  )
  for (const sighting of fresh) server.saved.set(sighting.uuid, { ...sighting, event })
  return fresh.length === 0
    ? { kind: 'refused', message: 'No sightings added.' }
    : { kind: 'saved', count: fresh.length }
}
