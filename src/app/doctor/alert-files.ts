import { stat } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import type { Config } from '../../config/schema.ts'
import type { DoctorContext } from './context.ts'
import { configured } from './context.ts'
import { isNetwork, mountOf } from './mounts.ts'
import { blockedAt, groupOf, joinGroup, rightsOf } from './ownership.ts'
import { fail, ok, skipped, warn, type Result, type Results } from './result.ts'
import { agoText, bytesText } from './words.ts'

export function alertFiles({ sources }: Config): readonly string[] {
  const files = Object.values(sources).flatMap((source) => (source.type === 'wazuh-file' ? source.files : []))
  return [...new Set(files)]
}

/** The same look at every alert file that is there and may be read by whoever looks. */
export function eachAlertFile(
  look: (file: string, context: DoctorContext, signal: AbortSignal) => Promise<Results>,
) {
  return configured(async (context, signal) => {
    const files = alertFiles(context.config)
    if (files.length === 0) return [skipped('no source follows a file')]
    return (await Promise.all(files.map((file) => look(file, context, signal)))).flat()
  })
}

/** Whether the service may read it, and reach the folders of the files that were rotated. */
export const lookAtAccess = eachAlertFile(async (file, { access }, signal) => {
  const [mayRead, mayList] = await access.may(
    [
      { path: file, want: 'read' },
      { path: dirname(file), want: 'enter' },
    ],
    signal,
  )
  if (mayRead === 'ENOENT' || mayRead === 'ENOTDIR') return [await missing(file)]
  if (mayRead === 'EACCES' || mayRead === 'EPERM') {
    const at = await blockedAt(file, access, signal)
    const group = (await groupOf(at)) ?? 'wazuh'
    const rights = await rightsOf(at)
    const where = `${at === file ? 'it' : at} is ${rights ?? 'closed to it'}`
    return [fail(`user ${access.user} may not read it: ${where}`, joinGroup(access.user, group), file)]
  }
  if (mayRead !== undefined)
    return [fail(`user ${access.user} cannot read it: ${mayRead}`, 'Look at the disk it lies on.', file)]
  const { size } = await stat(file).catch(() => ({ size: 0 }))
  const text = `readable by user ${access.user}, ${(await rightsOf(file)) ?? 'rights unknown'}, ${bytesText(size)}`
  if (mayList === undefined) return [ok(text, file)]
  return [
    fail(
      `readable, but user ${access.user} may not list ${dirname(file)} (${mayList}), where rotated files lie`,
      joinGroup(access.user, (await groupOf(dirname(file))) ?? 'wazuh'),
      file,
    ),
  ]
})

const NO_JSON =
  'Set <jsonout_output>yes</jsonout_output> in <global> of /var/ossec/etc/ossec.conf and restart Wazuh, or correct `files` of the source.'

async function missing(file: string): Promise<Result> {
  const text = await stat(join(dirname(file), 'alerts.log')).catch(() => undefined)
  if (text !== undefined && text.size > 0)
    return fail(
      'is not there, though Wazuh writes alerts.log beside it: its JSON output is off',
      NO_JSON,
      file,
    )
  const folder = await stat(dirname(file)).catch(() => undefined)
  if (folder === undefined)
    return warn(
      `is not there, nor is its folder ${dirname(file)}`,
      'Correct `files` of the source; in a container mount the folder logs/alerts of Wazuh.',
      file,
    )
  return warn('is not there; Tripline waits for it', NO_JSON, file)
}

/** What the file lies on: a mounted file does not follow Wazuh's rotation. */
export const lookAtMount = eachAlertFile(async (file) => {
  if ((await stat(file).catch(() => undefined)) === undefined)
    return [skipped('is not there, or may not be looked at', file)]
  const mount = await mountOf(file)
  if (mount === undefined) return [skipped('the system does not tell what is mounted where', file)]
  if (mount.point === file)
    return [
      fail(
        'the file itself is mounted: after the next rotation it will show the old file for ever',
        `Mount its folder ${dirname(file)}, read-only.`,
        file,
      ),
    ]
  const where = `on ${mount.type}, mounted at ${mount.point}`
  return [ok(isNetwork(mount) ? `${where}: a network file system, which is polled` : where, file)]
})

const HOUR_MS = 3_600_000
/** How far a text log may be ahead of the JSON one: both are flushed together. */
const BEHIND_MS = 60_000

/** Whether alerts come at all. Most often they do not because JSON output is off. */
export const lookAtAge = eachAlertFile(async (file, { clock }) => {
  const found = await stat(file).catch(() => undefined)
  if (found === undefined) return [skipped('is not there, or may not be looked at', file)]
  const text = await stat(join(dirname(file), 'alerts.log')).catch(() => undefined)
  const age = clock.now() - found.mtimeMs
  if (text !== undefined && file.endsWith('/alerts.json') && text.mtimeMs - found.mtimeMs > BEHIND_MS)
    return [
      fail(
        `written last ${agoText(age)}, while Wazuh went on writing alerts.log: its JSON output is off`,
        NO_JSON,
        file,
      ),
    ]
  const last = found.size === 0 ? `empty, made ${agoText(age)}` : `written last ${agoText(age)}`
  if (age < HOUR_MS) return [ok(last, file)]
  return [
    warn(
      last,
      'Does Wazuh run (systemctl status wazuh-manager), and do its agents report? `log_alert_level` may be too high.',
      file,
    ),
  ]
})
