import { AppError } from '../../../../core/errors.ts'
import type { OpenCtiClient, OpenCtiServer } from '../../api.ts'
import { malformed } from '../answers.ts'
import type { AskOpenCti } from '../ask.ts'
import { ABOUT, STREAMS } from '../documents/server.ts'
import { about, streamNode } from '../schema.ts'
import { isAtLeast, OLDEST, parseVersion } from '../version.ts'
import { readPage } from './read.ts'

/** A server is updated while Tripline runs. */
const LOOK_EVERY_MS = 3_600_000

export function serverCalls(
  ask: AskOpenCti,
  now: () => number,
): Pick<OpenCtiClient, 'about' | 'requireVersion' | 'streams'> {
  let fineUntil = -Infinity

  async function askAbout(signal: AbortSignal): Promise<OpenCtiServer> {
    return ask({ operation: 'About', document: ABOUT }, readServer, signal)
  }

  return {
    about: askAbout,
    requireVersion: async (signal) => {
      if (now() < fineUntil) return
      const { version, parsed } = await askAbout(signal)
      if (parsed !== undefined && !isAtLeast(parsed, OLDEST)) throw tooOld(version)
      fineUntil = now() + LOOK_EVERY_MS
    },
    streams: (signal) =>
      ask(
        { operation: 'Streams', document: STREAMS },
        ({ streamCollections }) =>
          readPage(streamCollections, streamNode).nodes.map(({ id, name, stream_live: live }) => ({
            id,
            ...(name === undefined ? {} : { name }),
            ...(live === undefined ? {} : { live }),
          })),
        signal,
      ),
  }
}

function readServer(data: Readonly<Record<string, unknown>>): OpenCtiServer {
  const read = about.safeParse(data).data
  if (read === undefined) throw malformed('OpenCTI does not tell its version')
  const { version } = read.about
  const user = read.me?.user_email ?? read.me?.name
  return {
    version,
    parsed: parseVersion(version),
    ...(user === undefined ? {} : { user }),
    capabilities: read.me?.capabilities ?? [],
  }
}

function tooOld(version: string): AppError {
  const shown = version.replaceAll(/[^\w.-]/g, '').slice(0, 40)
  return new AppError('PROVIDER_UNSUPPORTED', `OpenCTI ${shown} is too old`, {
    hint: `Tripline works with OpenCTI ${OLDEST.join('.')} and later.`,
  })
}
