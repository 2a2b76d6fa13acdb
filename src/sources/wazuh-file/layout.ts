import { readlink } from 'node:fs/promises'
import { basename, dirname } from 'node:path'

/** Where the dated files of a followed path lie, and how their names begin. */
export interface Layout {
  /** The folder of the year folders. */
  readonly root: string
  /** Names are `<stem>-DD[-N].json[.gz]`. */
  readonly stems: readonly string[]
}

/**
 * Name of the link without `.json` → stems of the dated files it is linked to, `*` for the name itself.
 * Wazuh 4.x writes `ossec-alerts` and `ossec-archive`. Wazuh 5 names them by a setting that has been `ossec-${name}`,
 * `wazuh-${name}` and `${name}`; a channel's name is of letters, digits, `_` and `-` (its source, `streamlog`).
 */
const STEMS: Readonly<Record<string, readonly string[]>> = {
  alerts: ['ossec-alerts', 'wazuh-alerts', 'alerts'],
  archives: ['ossec-archive', 'ossec-archives', 'wazuh-archives', 'archives'],
  '*': ['wazuh-*', '*', 'ossec-*'],
}
const LINK = /^([\w-]{1,255})\.json$/
const DATED_PATH = /^([\s\S]*)\/\d{4}\/[A-Z][a-z]{2}\/([\w-]{1,255}?)-\d{2}(?:-\d{1,9})?\.json$/
/** As many as the kernel follows less would do: nobody chains links to alerts. */
const MAX_LINKS = 8

/**
 * Undefined outside Wazuh's layout. Of a symbolic link that leads to the link (or, as some rotate, to the dated file
 * itself) the place of its target counts, also while that does not exist.
 */
export async function layoutOf(path: string): Promise<Layout | undefined> {
  let at = path
  for (let links = 0; links < MAX_LINKS; links += 1) {
    const target = await readlink(at).catch(() => undefined)
    if (target === undefined) break
    // Not `join`: it takes `..` for the folder in the text, which is another one behind a linked folder.
    at = target.startsWith('/') ? target : `${dirname(at)}/${target}`
    const dated = DATED_PATH.exec(at)
    if (dated !== null) return { root: dated[1] ?? '', stems: [dated[2] ?? ''] }
  }
  const name = LINK.exec(basename(at))?.[1]
  if (name === undefined) return undefined
  const stems = STEMS[name] ?? STEMS['*'] ?? []
  return { root: dirname(at), stems: stems.map((stem) => stem.replace('*', name)) }
}
