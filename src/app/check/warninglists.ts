import type { Config } from '../../config/schema.ts'
import { unknownNames } from '../../intel/warninglists/actions.ts'
import type { ListFolder } from '../../intel/warninglists/folder.ts'
import type { WarningList } from '../../intel/warninglists/list.ts'
import type { Finding } from './finding.ts'
import { readListFolders } from '../warninglists.ts'

const SUBJECT = 'policy.warningLists'

/** Reads every folder of warning-lists, and looks for the lists that settings name. */
export async function checkWarningLists(config: Config, signal: AbortSignal): Promise<readonly Finding[]> {
  const folders = await readListFolders(config.policy.warningLists.folders, signal)
  return [...folders.flatMap(folderFindings), ...nameFindings(config, folders)]
}

function folderFindings({ path, lists, failed, problem }: ListFolder): readonly Finding[] {
  if (problem !== undefined) {
    const hint =
      'Put the folder lists of https://github.com/MISP/misp-warninglists there, or set another path.'
    return [{ level: 'error', subject: SUBJECT, text: `${path}: ${problem}`, hint }]
  }
  const files = failed.map<Finding>((file) => ({
    level: 'warning',
    subject: SUBJECT,
    text: `${file.path}: ${file.problem}`,
    hint: 'The list is left out.',
  }))
  if (lists.length === 0 && failed.length === 0) {
    const hint = 'Lists are read from <folder>/<name>/list.json and <folder>/<name>.json.'
    return [{ level: 'warning', subject: SUBJECT, text: `${path}: no warning-list in the folder`, hint }]
  }
  return [folderFinding(path, lists), ...files]
}

function folderFinding(path: string, lists: readonly WarningList[]): Finding {
  const sum = (numberOf: (list: WarningList) => number): number =>
    lists.reduce((total, list) => total + numberOf(list), 0)
  const entries = sum((list) => list.entries)
  const counted = `${path}: ${lists.length} list${lists.length === 1 ? '' : 's'}, ${entries} entr${entries === 1 ? 'y' : 'ies'}`
  const damaged = lists.filter(({ skipped }) => skipped > 0)
  if (damaged.length === 0) return { level: 'ok', subject: SUBJECT, text: counted }
  const text = `${counted}; entries not understood: ${sum(({ skipped }) => skipped)}`
  const hint = `In: ${damaged.map(({ name, skipped }) => `${name} (${skipped})`).join('; ')}`
  return { level: 'warning', subject: SUBJECT, text, hint }
}

/** The lists of a MISP are not asked for here: a name may be one of theirs. */
function nameFindings(config: Config, folders: readonly ListFolder[]): readonly Finding[] {
  const hasInstance = Object.values(config.providers).some(
    (provider) => provider.type === 'misp' && provider.warningLists,
  )
  const lists = folders.flatMap((folder) => folder.lists)
  const hint = hasInstance
    ? 'It counts if it is the name of a list that is enabled in MISP.'
    : 'Name a list by its name or by the name of its folder.'
  return unknownNames(config.policy.warningLists, lists).map((name) => ({
    level: 'warning',
    subject: SUBJECT,
    text: `${name} is the name of no list in the folders`,
    hint,
  }))
}
