import { stat } from 'node:fs/promises'
import type { Alert } from '../../core/alert.ts'
import { createDecoder } from '../../sources/decode.ts'
import { fileAccess } from '../../sources/wazuh-file/open-path.ts'
import { eachAlertFile } from './alert-files.ts'
import { fail, ok, skipped, warn, type Results } from './result.ts'
import { countText, spanText } from './words.ts'

/** Of the end of a file; a line may be longer, and is then not looked at. */
const TAIL_BYTES = 1024 ** 2
const MAX_LINES = 50
const NEWLINE = 0x0a

interface Tail {
  readonly alerts: readonly Alert[]
  /** Lines that gave no alert. */
  readonly faulty: number
  /** When the file was written last. */
  readonly writtenAt: number
}

/** The last whole lines of a file; undefined where it cannot be read. */
async function tailOf(file: string): Promise<Tail | undefined> {
  const handle = await fileAccess.open(file).catch(() => undefined)
  try {
    if (handle === undefined) return undefined
    const found = await handle.stat()
    if (!found.isFile()) return undefined
    const { size, mtimeMs } = found
    const from = Math.max(0, size - TAIL_BYTES)
    const buffer = Buffer.alloc(Math.min(size, TAIL_BYTES))
    const { bytesRead } = await handle.read(buffer, 0, buffer.length, from)
    const lines = wholeLines(buffer.subarray(0, bytesRead), from === 0)
    return { ...(await decoded(lines, file)), writtenAt: mtimeMs }
  } finally {
    await handle?.close()
  }
}

function wholeLines(bytes: Buffer, fromStart: boolean): readonly Buffer[] {
  const lines: Buffer[] = []
  let end = bytes.lastIndexOf(NEWLINE)
  while (end > 0 && lines.length < MAX_LINES) {
    const begin = bytes.lastIndexOf(NEWLINE, end - 1)
    if (begin === -1 && !fromStart) break
    lines.unshift(bytes.subarray(begin + 1, end))
    end = begin
  }
  return lines
}

async function decoded(lines: readonly Buffer[], file: string): Promise<Omit<Tail, 'writtenAt'>> {
  const decode = await createDecoder({ digests: false })
  const alerts: Alert[] = []
  let faulty = 0
  for (const line of lines) {
    const found = decode(line, file, 0)
    if (found.kind === 'alert') alerts.push(found.alert)
    else if (found.kind === 'glued') alerts.push(...found.alerts)
    if (found.kind !== 'alert' && !(found.kind === 'skipped' && found.reason === 'blank')) faulty += 1
  }
  return { alerts, faulty }
}

const FORMAT =
  'Correct `files` of the source: alerts.json of Wazuh, one JSON object a line (alerts.log is the text form).'

/** Whether the last lines are alerts of Wazuh. */
export const lookAtLines = eachAlertFile(async (file): Promise<Results> => {
  const tail = await tailOf(file)
  if (tail === undefined) return [skipped('cannot be read', file)]
  const { alerts, faulty } = tail
  if (alerts.length === 0 && faulty === 0) return [skipped('no whole line is in it yet', file)]
  if (alerts.length === 0)
    return [
      fail(`none of the last ${countText(faulty, 'line')} is JSON that could be an alert`, FORMAT, file),
    ]
  const strange = alerts.filter((alert) => alert.timestamp === '').length
  if (strange === alerts.length)
    return [warn('the last lines are JSON, but no alerts of Wazuh: they have no timestamp', FORMAT, file)]
  const all = alerts.length + faulty
  if (faulty === 0)
    return [ok(all === 1 ? 'the last line is an alert' : `the last ${all} lines are alerts`, file)]
  return [
    warn(
      `${faulty} of the last ${countText(all, 'line')} torn or no JSON`,
      'Normal after a crash of Wazuh; else look for another program that writes to this file.',
      file,
    ),
  ]
})

const MINUTE_MS = 60_000
/** Wazuh writes an alert within a second or so. */
const AHEAD_MS = 2 * MINUTE_MS
const BEHIND_MS = 10 * MINUTE_MS
const HALF_HOUR_MS = 30 * MINUTE_MS
const ZONE =
  'Correct the clock of the manager or its zone (/var/ossec/etc/localtime, TZ of a container), and restart Wazuh.'
const NTP = 'Set the clocks by NTP on every machine: validity of indicators and times of matches go by them.'

/** The time in the last alert against our clock, and against the time the file was written. */
export const lookAtAlertClock = eachAlertFile(async (file, { clock }): Promise<Results> => {
  const tail = await tailOf(file)
  const last = tail?.alerts.findLast(({ time }) => time > 0)
  if (tail === undefined || last === undefined) return [skipped('no alert with a time is in it', file)]
  const ahead = last.time - Math.min(clock.now(), tail.writtenAt)
  if (ahead > -BEHIND_MS && last.time - clock.now() <= AHEAD_MS && ahead <= AHEAD_MS)
    return [ok(`the time of the last alert, ${last.timestamp}, agrees with that of its writing`, file)]
  const rest = Math.abs(ahead) % HALF_HOUR_MS
  const isZone = Math.abs(ahead) > HALF_HOUR_MS - AHEAD_MS && Math.min(rest, HALF_HOUR_MS - rest) < AHEAD_MS
  const seen = `the time of the last alert, ${last.timestamp}, is ${spanText(ahead)} ${ahead > 0 ? 'ahead of' : 'behind'} that of its writing`
  return [warn(isZone ? `${seen}: it looks like a wrong zone` : seen, isZone ? ZONE : NTP, file)]
})

/** Of a file that is there: its number, so that it is known again. */
export async function identityOf(
  file: string,
): Promise<{ readonly ino: string; readonly size: number } | undefined> {
  const found = await stat(file, { bigint: true }).catch(() => undefined)
  return found && { ino: String(found.ino), size: Number(found.size) }
}
