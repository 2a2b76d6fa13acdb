import { stat } from 'node:fs/promises'
import { join } from 'node:path'
import { readTextFile } from '../../config/files.ts'
import type { Config } from '../../config/schema.ts'
import { errorText, systemErrorCode } from '../../core/errors.ts'
import { parseOssecConf, type OssecConf } from './ossec-conf.ts'
import type { DoctorContext } from './context.ts'
import { skipped, type Results } from './result.ts'

/** Of a manager, and of an agent (4.x). */
const USUAL = '/var/ossec'
const MAX_CONF_BYTES = 8 * 1024 ** 2

export type WazuhHome =
  | { readonly kind: 'none'; readonly tried: readonly string[] }
  /** `why`: the system's word. */
  | { readonly kind: 'closed'; readonly path: string; readonly why: string }
  | { readonly kind: 'open'; readonly path: string; readonly conf: OssecConf; readonly isManager: boolean }

/** Wazuh's folder on this machine, by the files that Tripline is to read and the socket it is to write to. */
export async function findWazuh(config: Config | undefined, usual = USUAL): Promise<WazuhHome> {
  const tried = [...new Set([...(config === undefined ? [] : namedHomes(config)), usual])]
  for (const path of tried) {
    const conf = join(path, 'etc', 'ossec.conf')
    try {
      const text = await readTextFile(conf, MAX_CONF_BYTES)
      const rules = await stat(join(path, 'etc', 'rules')).catch(() => undefined)
      return { kind: 'open', path, conf: parseOssecConf(text), isManager: rules !== undefined }
    } catch (error) {
      const code = systemErrorCode(error)
      if (code === 'ENOENT' || code === 'ENOTDIR') continue
      return { kind: 'closed', path, why: code ?? errorText(error) }
    }
  }
  return { kind: 'none', tried }
}

function namedHomes({ sources, sinks }: Config): readonly string[] {
  const files = Object.values(sources).flatMap((source) => (source.type === 'wazuh-file' ? source.files : []))
  const sockets = Object.values(sinks).flatMap((sink) => (sink.type === 'wazuh-queue' ? [sink.socket] : []))
  return [...files, ...sockets].flatMap(
    (path) =>
      /^(\/.+)\/(?:logs\/(?:alerts|archives)\/[^/]+\.json|queue\/sockets\/queue)$/.exec(path)?.[1] ?? [],
  )
}

export type OpenHome = Extract<WazuhHome, { readonly kind: 'open' }>

/** Looks at Wazuh's folder, or says why that cannot be. */
export function atHome(
  { wazuh, access }: Pick<DoctorContext, 'wazuh' | 'access'>,
  look: (home: OpenHome) => Promise<Results> | Results,
): Promise<Results> | Results {
  if (wazuh.kind === 'open') return look(wazuh)
  if (wazuh.kind === 'none')
    return [skipped(`there is no Wazuh on this machine: no etc/ossec.conf in ${wazuh.tried.join(', ')}`)]
  const { path, why } = wazuh
  return [
    skipped(
      `${path}/etc/ossec.conf may not be read by ${access.isSelf ? access.user : 'root'} (${why}): run it as root`,
    ),
  ]
}
