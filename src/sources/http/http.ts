import { onAbort } from '../../core/abort.ts'
import type { ComponentId } from '../../core/indicator.ts'
import { readCertificate } from '../../core/listener/tls.ts'
import { checkShowable, createTokenCheck } from '../../core/listener/token.ts'
import type { Source } from '../../core/ports.ts'
import { httpEvents } from '../../telemetry/events/http.ts'
import type { Telemetry } from '../../telemetry/telemetry.ts'
import type { Decode } from '../decode.ts'
import type { SpoolFolders } from '../spool/folders.ts'
import { createSpoolReader } from '../spool/reader.ts'
import { createBacklog, type Backlog } from './backlog.ts'
import type { HttpConfig } from './config.ts'
import { httpFolders, openFolders, prepareFolders } from './folders.ts'
import { createIntake } from './intake.ts'
import { createReceive } from './receive.ts'
import { createRoom } from './room.ts'
import { openServer } from './server.ts'
import { MAX_VALUE_BYTES } from './split.ts'

export interface HttpSourceOptions {
  readonly id: ComponentId
  readonly stateDir: string
  readonly config: HttpConfig
  readonly decode: Decode
  readonly telemetry: Telemetry
}

/**
 * Takes alerts over HTTP into a spool of its own below the state directory, and reads them from there: what was answered with 200
 * outlives the process. Listens from the start on, before anything is read. Rejects with ADDRESS_UNUSABLE, STATE_UNWRITABLE or
 * CONFIG_INVALID.
 */
export async function createHttpSource(options: HttpSourceOptions): Promise<Source> {
  const { id, stateDir, config, telemetry } = options
  const { clock } = telemetry
  const events = httpEvents(telemetry, id)
  checkShowable(`sources.${id}.token`, config.token)
  if (config.secondToken !== undefined) checkShowable(`sources.${id}.secondToken`, config.secondToken)
  const certificate = config.tls && (await readCertificate(`sources.${id}`, config.tls))
  const folders = httpFolders(stateDir, id)
  const backlog = createBacklog(
    { alerts: config.maxWaitingAlerts, bytes: config.maxWaitingBytes },
    ({ alerts, bytes }) => events.waiting(alerts, bytes),
  )
  const highest = await openFolders(folders, backlog.listing())
  // Names sort by time, in 16 digits. Beyond those that are there also when the clock was set back: a name replaces what has it.
  const firstSequence = Math.max(clock.now() * 1000, highest + 1)
  const intake = createIntake({ folders, backlog, firstSequence })
  const room = createRoom(config.maxBufferedBytes)
  const tokens = [config.token, ...(config.secondToken === undefined ? [] : [config.secondToken])]
  const routes = {
    receive: createReceive({ config, room, backlog, intake, events }),
    isAllowed: createTokenCheck({ tokens }),
    backlog,
    events,
  }
  const server = await openServer({ id, config, certificate, routes, clock })
  const reader = createReader(options, folders, backlog)
  return {
    id,
    read: (signal) => {
      onAbort(signal, () => server.stop())
      return reader.read(signal)
    },
    close: async () => {
      await server.close()
      await intake.idle()
      await reader.close()
    },
  }
}

const HINT = 'Give the folder to the user that runs Tripline: nobody else needs it.'
const POLL_MS = 500
const MAX_FAILED_FILES = 1000
const MAX_FAILED_BYTES = 64 * 1024 ** 2

function createReader(
  { id, config, decode, telemetry }: HttpSourceOptions,
  folders: SpoolFolders,
  backlog: Backlog,
): Source {
  return createSpoolReader({
    id,
    folders,
    decode,
    telemetry,
    settings: {
      pollInterval: POLL_MS,
      batchAlerts: config.batchAlerts,
      // Files are cut at 1 MiB, but for one that holds a single longer alert with its line end.
      maxAlertBytes: MAX_VALUE_BYTES + 1,
      maxFailedFiles: MAX_FAILED_FILES,
      maxFailedBytes: MAX_FAILED_BYTES,
    },
    keeper: {
      prepare: prepareFolders,
      // Nobody else writes into it who would have to know.
      served: { begin: () => Promise.resolve(), renew: () => Promise.resolve() },
      hints: { folder: HINT, file: HINT },
      removed: (names) => backlog.removed(names),
      listing: () => backlog.listing(),
    },
  })
}
