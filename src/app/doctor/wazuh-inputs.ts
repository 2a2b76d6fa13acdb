import { access, constants, stat } from 'node:fs/promises'
import { join } from 'node:path'
import { readTextFile } from '../../config/files.ts'
import type { Config } from '../../config/schema.ts'
import { systemErrorCode } from '../../core/errors.ts'
import { configured, type ConfiguredContext } from './context.ts'
import { blocksIn, parseOssecConf } from './ossec-conf.ts'
import { modeText } from './ownership.ts'
import { fail, ok, skipped, warn, type Result, type Results } from './result.ts'
import { atHome, type OpenHome } from './wazuh-home.ts'

const MAX_CONF_BYTES = 8 * 1024 ** 2

function eventFiles({ sinks }: Config): readonly string[] {
  return Object.values(sinks).flatMap((sink) => (sink.type === 'wazuh-log' ? [sink.path] : []))
}

/** Whether Wazuh reads the file of the sink `wazuh-log`. */
export const lookAtLocalfile = configured((context) => {
  const files = eventFiles(context.config)
  if (files.length === 0) return [skipped('no sink of type wazuh-log')]
  return atHome(context, async (home) => {
    const read = await localfilesOf(home)
    return files.map((file) => localfileResult(file, read, home))
  })
})

interface Localfile {
  readonly format: string
  readonly location: string
}

/** Those of ossec.conf, and of the shared configuration of an agent. */
async function localfilesOf({ path, conf }: OpenHome): Promise<readonly Localfile[]> {
  const shared = await readTextFile(join(path, 'etc/shared/agent.conf'), MAX_CONF_BYTES).catch(() => '')
  return [conf, parseOssecConf(shared)].flatMap((each) =>
    each.blocks('localfile').map((body) => ({
      format: blocksIn(body, 'log_format')[0]?.trim() ?? '',
      location: blocksIn(body, 'location')[0]?.trim() ?? '',
    })),
  )
}

function localfileResult(file: string, read: readonly Localfile[], { path }: OpenHome): Result {
  const own = read.filter(({ location }) => location === file || fits(location, file))
  const [first] = own
  const todo =
    'deploy/wazuh/install.sh --apply puts the block there, or deploy/wazuh/localfile.xml by hand; then restart Wazuh.'
  if (first === undefined)
    return fail(`no <localfile> in ${path}/etc/ossec.conf reads it: matches raise no alert`, todo, file)
  if (own.length > 1)
    return warn('several <localfile> read it: every match becomes as many alerts', 'Keep one of them.', file)
  if (first.format !== 'json' && first.format !== 'syslog')
    return fail(`its <localfile> has log_format ${first.format}`, 'Set <log_format>json</log_format>.', file)
  return ok(`read by a <localfile> of ${path}/etc/ossec.conf`, file)
}

const MAX_STARS = 4
/** PATH_MAX of Linux. */
const MAX_PATH = 4096

/** Wazuh takes `*` and `?` in the name of a file. */
export function fits(location: string, file: string): boolean {
  if (!location.includes('*') && !location.includes('?')) return false
  // Stars beside each other are one; of more than a few the pattern would take its time.
  const short = location.replaceAll(/\*+/g, '*')
  if (short.length > MAX_PATH || short.split('*').length > MAX_STARS + 1) return false
  const pattern = short
    .replaceAll(/[.+^${}()|[\]\\]/g, String.raw`\$&`)
    .replaceAll('*', '[^/]*')
    .replaceAll('?', '[^/]')
  return new RegExp(`^${pattern}$`).test(file)
}

const DROP_INS = ['custom-opencti', 'custom-misp']

/** Scripts that Wazuh calls for each alert: Tripline's, which hand it on, or others that look up by themselves. */
export const lookAtIntegrations = configured((context) =>
  atHome(context, (home) => integrationsOf(home, context)),
)

async function integrationsOf(home: OpenHome, { config }: ConfiguredContext): Promise<Results> {
  const names = home.conf
    .blocks('integration')
    .flatMap((body) => blocksIn(body, 'name').map((name) => name.trim()))
  const known = names.filter((name) => DROP_INS.includes(name))
  const takesSpool = Object.values(config.sources).some(({ type }) => type === 'spool')
  if (known.length === 0) {
    if (!takesSpool) return [ok('no script of Wazuh looks alerts up beside Tripline', home.path)]
    return [
      warn(
        'no <integration> hands alerts to the source spool',
        'deploy/wazuh/install.sh --drop-in custom-opencti --apply (or custom-misp), then restart Wazuh.',
        home.path,
      ),
    ]
  }
  return Promise.all(
    [...new Set(known)].map((name) => scriptResult(join(home.path, 'integrations', name), takesSpool)),
  )
}

const MAX_SCRIPT = 256 * 1024

async function scriptResult(path: string, takesSpool: boolean): Promise<Result> {
  try {
    const { mode } = await stat(path)
    await access(path, constants.R_OK)
    const isOurs = (await readTextFile(path, MAX_SCRIPT)).includes('tripline')
    if ((mode & 0o022) !== 0 || (mode & 0o100) === 0)
      return fail(
        `Wazuh does not run it: its mode is ${modeText(mode)}`,
        `chown root:wazuh ${path} && chmod 0750 ${path}`,
        path,
      )
    if (isOurs && takesSpool) return ok('hands alerts to the source spool', path)
    if (isOurs)
      return warn(
        'hands alerts to Tripline, and no source of type spool takes them',
        'Add a source of type spool, or take its <integration> out of ossec.conf.',
        path,
      )
    return warn(
      'looks alerts up by itself, one after another, beside Tripline: matches come twice, and late',
      'Take its <integration> out of ossec.conf, or let the drop-in of Tripline take its place (docs/migrate.md).',
      path,
    )
  } catch (error) {
    const code = systemErrorCode(error)
    if (code === 'ENOENT')
      return fail(
        'an <integration> names it, and it is not there',
        'deploy/wazuh/install.sh --drop-in NAME --apply',
        path,
      )
    return skipped(`may not be looked at (${code ?? 'unknown'})`, path)
  }
}
