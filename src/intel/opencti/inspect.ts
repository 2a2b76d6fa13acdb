import { AppError } from '../../core/errors.ts'
import type { ComponentId } from '../../core/indicator.ts'
import type { Finding } from '../../telemetry/events/platform.ts'
import type { Telemetry } from '../../telemetry/telemetry.ts'
import { problem, ok, transportFindings } from '../findings.ts'
import type { OpenCtiClient, OpenCtiServer } from './api.ts'
import { openCtiBaseUrl } from './client/base-url.ts'
import { createOpenCtiClient } from './client/client.ts'
import { isAtLeast, OLDEST } from './client/version.ts'
import type { OpenCtiConfig } from './config.ts'

export interface InspectOptions {
  readonly provider: ComponentId
  readonly config: OpenCtiConfig
  readonly telemetry: Telemetry
  readonly signal: AbortSignal
  /** One is made for this when it is absent. */
  readonly client?: OpenCtiClient
}

/**
 * What to know of an OpenCTI before it is relied on: one or two small requests. Each finding is one plain sentence. Rejects
 * with the signal's reason after abort, with nothing else.
 */
export async function inspectOpenCti(options: InspectOptions): Promise<readonly Finding[]> {
  const { config, signal } = options
  const before = transportFindings(config, 'token')
  let own: OpenCtiClient | undefined
  try {
    const client = options.client ?? (own = createOpenCtiClient(options))
    const server = await client.about(signal)
    const streams = await streamFindings(config, client, signal)
    return [...before, ...serverFindings(config, server), ...rightFindings(config, server), ...streams]
  } catch (error) {
    signal.throwIfAborted()
    if (error instanceof AppError) return [...before, problem('error', error.message, error.hint)]
    throw error
  } finally {
    await own?.close()
  }
}

function serverFindings(config: OpenCtiConfig, { version, parsed, user }: OpenCtiServer): readonly Finding[] {
  const shown = version.replaceAll(/[^\w.-]/g, '').slice(0, 40)
  const told = user === undefined ? [] : [ok(`the token is that of ${user}`)]
  if (parsed === undefined)
    return [
      problem(
        'warning',
        `OpenCTI has the version ${shown}, which Tripline cannot read`,
        'It is taken for a new one.',
      ),
      ...told,
    ]
  if (isAtLeast(parsed, OLDEST))
    return [ok(`OpenCTI ${shown} at ${openCtiBaseUrl(config.url)} answers`), ...told]
  const hint = `Tripline works with OpenCTI ${OLDEST.join('.')} and later.`
  return [problem('error', `OpenCTI ${shown} is too old`, hint)]
}

/** OpenCTI tests capabilities by their beginning: a longer one implies the shorter; BYPASS implies all. */
function rightFindings(config: OpenCtiConfig, { capabilities }: OpenCtiServer): readonly Finding[] {
  if (capabilities.length === 0) return []
  const may = (right: string): boolean =>
    capabilities.some((capability) => capability.startsWith(right) || capability === 'BYPASS')
  const needed: readonly (readonly [isNeeded: boolean, right: string, what: string])[] = [
    [true, 'KNOWLEDGE', 'look-ups need "Access knowledge" (KNOWLEDGE)'],
    [
      config.mode !== 'online' && config.mirror.stream !== undefined,
      'TAXIIAPI',
      'the stream needs "Access data sharing" (TAXIIAPI)',
    ],
    [
      config.sightings.enabled,
      'KNOWLEDGE_KNUPDATE',
      'sightings need "Create / update knowledge" (KNOWLEDGE_KNUPDATE)',
    ],
  ]
  return needed
    .filter(([isNeeded, right]) => isNeeded && !may(right))
    .map(([, , what]) =>
      problem('error', `the role of the token lacks a right: ${what}`, 'Give it to the role in OpenCTI.'),
    )
}

async function streamFindings(
  { mode, mirror }: OpenCtiConfig,
  client: OpenCtiClient,
  signal: AbortSignal,
): Promise<readonly Finding[]> {
  if (mode === 'online') return []
  if (mirror.stream === undefined)
    return [
      problem(
        'warning',
        'no live stream is followed: changes are asked for, and deleted indicators are seen late',
        'Make a live stream in OpenCTI (Data > Data sharing) and give its id as mirror.stream.',
      ),
    ]
  const streams = await client.streams(signal)
  const own = streams.find(({ id }) => id === mirror.stream)
  if (own === undefined)
    return [
      problem(
        'warning',
        `the live stream ${mirror.stream} is not among those the token may see`,
        'Look at its id and at its authorized members.',
      ),
    ]
  if (own.live === false)
    return [problem('error', `the live stream ${mirror.stream} is stopped`, 'Start it in OpenCTI.')]
  return [ok(`the live stream ${mirror.stream} is there`)]
}
