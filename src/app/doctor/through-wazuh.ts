import { randomUUID } from 'node:crypto'
import { constants } from 'node:fs'
import { open, stat } from 'node:fs/promises'
import { hostname } from 'node:os'
import { systemErrorCode } from '../../core/errors.ts'
import { isRecord, parseJson } from '../../core/json.ts'
import { datagramOf } from '../../sinks/wazuh-queue/datagram.ts'
import { queueHint } from '../../sinks/wazuh-queue/hints.ts'
import { loadDatagrams } from '../../sinks/wazuh-queue/native.ts'
import { fileAccess } from '../../sources/wazuh-file/open-path.ts'
import { alertFiles } from './alert-files.ts'
import { configured, type ConfiguredContext } from './context.ts'
import { fail, ok, skipped, warn, type Result, type Results } from './result.ts'
import { queueSinks } from './wazuh-queue.ts'
import { testEvent } from './test-event.ts'
import { tellsWazuh } from './wazuh-rules.ts'
import { spanText } from './words.ts'

/** Rule 119622 takes it: level 3, so that nobody is woken. Without it 119620, of the same level, does. */
const RULES = ['119622', '119620']
const POLL_MS = 100
/** Wazuh's queue answers within a second; its log collector reads every 2 s, and finds a new file within 64 (4.14). */
const QUEUE_WAIT_MS = 30_000
const LOG_WAIT_MS = 90_000
const MAX_READ = 16 * 1024 ** 2

/** A test event on the way that matches take into Wazuh, and the alert it becomes. Only when it is asked for. */
export const lookThroughWazuh = configured(async (context, signal): Promise<Results> => {
  const { config, throughWazuh } = context
  if (!tellsWazuh(config)) return [skipped('no sink of type wazuh-log or wazuh-queue')]
  if (!throughWazuh)
    return [
      skipped(
        'not asked for: `tripline doctor --through-wazuh` sends a test event into Wazuh, which raises an alert of level 3',
      ),
    ]
  const files = alertFiles(config).filter((file) => file.endsWith('.json'))
  if (files.length === 0) return [skipped('no source follows alerts.json, where the alert would come back')]
  const ways = waysOf(context)
  const results: Result[] = []
  for (const way of ways) results.push(await roundTrip(way, files, context, signal))
  return results
})

interface Way {
  readonly about: string
  readonly waitMs: number
  /** Undefined when it is on its way, else why it is not. */
  readonly send: (text: string) => Promise<Result | undefined>
}

function waysOf(context: ConfiguredContext): readonly Way[] {
  const queues = queueSinks(context).map(([, { socket, location }]): Way => ({
    about: socket,
    waitMs: QUEUE_WAIT_MS,
    send: (text) => sendTo(socket, text, location),
  }))
  const logs = Object.values(context.config.sinks).flatMap((sink): readonly Way[] =>
    sink.type === 'wazuh-log'
      ? [{ about: sink.path, waitMs: LOG_WAIT_MS, send: (text) => appendTo(sink.path, text) }]
      : [],
  )
  return [...queues, ...logs]
}

async function sendTo(path: string, text: string, location: string | undefined): Promise<Result | undefined> {
  const made = datagramOf({ text }, location)
  if ('refused' in made) throw new Error(`The test event is refused: ${made.refused}`)
  const socket = (await loadDatagrams())()
  try {
    const refusal = socket.send(Buffer.from(made.datagram), path)
    if (refusal === undefined) return undefined
    return fail(
      `the test event could not be sent (${refusal})`,
      queueHint(refusal) ?? 'Look at the socket.',
      path,
    )
  } finally {
    socket.close()
  }
}

const NOT_OURS = 'it is a link, or no file: root writes to none of these'
/** Errors of opening the file of a sink. */
const NOT_WRITTEN: Readonly<Record<string, string>> = {
  ENOENT: 'the file is not there yet: start Tripline first',
  ELOOP: NOT_OURS,
  ENXIO: NOT_OURS,
}

/** One short line in one write; the file is not made here: it would belong to the wrong user. */
async function appendTo(path: string, text: string): Promise<Result | undefined> {
  // The folder is the service's: what root writes must not go where a link leads, nor wait at a pipe.
  const flags = constants.O_WRONLY | constants.O_APPEND | constants.O_NOFOLLOW | constants.O_NONBLOCK
  const handle = await open(path, flags).catch((error: unknown) => {
    const code = systemErrorCode(error) ?? ''
    if (!Object.hasOwn(NOT_WRITTEN, code)) throw error
    return code
  })
  if (typeof handle === 'string') return skipped(NOT_WRITTEN[handle] ?? handle, path)
  try {
    const found = await handle.stat()
    if (!found.isFile() || found.nlink !== 1) return skipped(NOT_OURS, path)
    await handle.appendFile(`${text}\n`)
    return undefined
  } finally {
    await handle.close()
  }
}

interface Place {
  readonly file: string
  ino: bigint
  from: number
}

async function roundTrip(
  way: Way,
  files: readonly string[],
  { clock, wazuh }: ConfiguredContext,
  signal: AbortSignal,
): Promise<Result> {
  const id = `doctor/${randomUUID()}`
  const places = await Promise.all(files.map(placeOf))
  const began = clock.monotonic()
  const refused = await way.send(testEvent({ id, at: clock.now(), host: hostname() }))
  if (refused !== undefined) return refused
  while (clock.monotonic() - began < way.waitMs && !signal.aborted) {
    for (const place of places) {
      const line = await lineWith(id, place)
      if (line !== undefined) return alertResult(line, way.about, clock.monotonic() - began)
    }
    await clock.sleep(POLL_MS, signal)
  }
  const level = wazuh.kind === 'open' ? wazuh.conf.setting('alerts', 'log_alert_level') : undefined
  const tooHigh =
    Number(level ?? 0) > 3 ? ` log_alert_level is ${level}: alerts of level 3 are not written.` : ''
  return fail(
    `a test event was taken, and no alert of it came back within ${spanText(way.waitMs)}`,
    `Are the rules there and loaded (deploy/wazuh/install.sh, restart of Wazuh)? The check of rules says more.${tooHigh}`,
    way.about,
  )
}

async function placeOf(file: string): Promise<Place> {
  const found = await stat(file, { bigint: true }).catch(() => undefined)
  return { file, ino: found?.ino ?? 0n, from: Number(found?.size ?? 0) }
}

/** The whole line that holds the id, of what was written since; a file that was rotated is read from its beginning. */
async function lineWith(id: string, place: Place): Promise<string | undefined> {
  const handle = await fileAccess.open(place.file).catch(() => undefined)
  try {
    if (handle === undefined) return undefined
    const { ino, size } = await handle.stat({ bigint: true })
    if (ino !== place.ino || Number(size) < place.from) Object.assign(place, { ino, from: 0 })
    const length = Math.min(Number(size) - place.from, MAX_READ)
    const { buffer, bytesRead } = await handle.read(Buffer.alloc(length), 0, length, place.from)
    const end = buffer.subarray(0, bytesRead).lastIndexOf('\n') + 1
    if (end === 0 && bytesRead < MAX_READ) return undefined
    place.from += end === 0 ? bytesRead : end
    return buffer
      .toString('utf8', 0, end)
      .split('\n')
      .find((line) => line.includes(id))
  } finally {
    await handle?.close()
  }
}

function alertResult(line: string, about: string, ms: number): Result {
  const alert = parseJson(line)
  const rule = isRecord(alert) ? alert['rule'] : undefined
  const id = isRecord(rule) ? String(rule['id']) : 'unknown'
  const level = isRecord(rule) ? String(rule['level']) : 'unknown'
  const seen = `a test event came back as an alert of rule ${id}, level ${level}, after ${Math.round(ms)} ms`
  if (RULES.includes(id)) return ok(seen, about)
  return warn(
    seen,
    'Another rule takes the events of Tripline: look which, as its matches may go there, too (wazuh-logtest).',
    about,
  )
}
