import { readdir, stat } from 'node:fs/promises'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { readTextFile } from '../../config/files.ts'
import type { Config } from '../../config/schema.ts'
import { errorText, systemErrorCode } from '../../core/errors.ts'
import { PACKAGE_FOLDER } from '../../core/package-folder.ts'
import { configured } from './context.ts'
import { withoutComments } from './ossec-conf.ts'
import { rightsOf } from './ownership.ts'
import { fail, ok, skipped, warn, type Result, type Results } from './result.ts'
import { atHome, type OpenHome } from './wazuh-home.ts'
import { analysisdOf } from './wazuh-settings.ts'

const SHIPPED = fileURLToPath(new URL('deploy/wazuh/rules/', PACKAGE_FOLDER))
const MAX_BYTES = 8 * 1024 ** 2
const INSTALL =
  'deploy/wazuh/install.sh --apply, then systemctl restart wazuh-manager (docs/install.md, step 5).'

/** Sinks whose events need rules. */
export function tellsWazuh({ sinks }: Pick<Config, 'sinks'>): boolean {
  return Object.values(sinks).some(({ type }) => type === 'wazuh-log' || type === 'wazuh-queue')
}

/** Whether Wazuh has rules for Tripline's events, loads the folder they lie in, and has loaded them as they are. */
export const lookAtRules = configured((context) => {
  if (!tellsWazuh(context.config))
    return [skipped('no sink of type wazuh-log or wazuh-queue: matches do not become alerts')]
  return atHome(context, (home) => rulesOf(home, context.config))
})

interface RuleFile {
  readonly path: string
  readonly ids: readonly string[]
  readonly changed: number
  /** Whether it names an integration. */
  readonly names: (integration: string) => boolean
}

/** Of the rules that are shipped, those for events that this configuration gives. */
async function wantedRules({ providers }: Config): Promise<readonly string[]> {
  const hasOpenCti = Object.values(providers).some(({ type }) => type === 'opencti')
  const names = ['tripline_rules.xml', ...(hasOpenCti ? ['tripline_opencti_rules.xml'] : [])]
  const texts = await Promise.all(names.map((name) => readTextFile(join(SHIPPED, name), MAX_BYTES)))
  return texts.flatMap(idsIn)
}

/** Names that events go by, and that the rules shipped do not know. */
function otherIntegrations({ sinks }: Config): readonly string[] {
  return Object.values(sinks).flatMap((sink) =>
    'integration' in sink && sink.integration !== 'misp' ? [sink.integration] : [],
  )
}

async function rulesOf(home: OpenHome, config: Config): Promise<Results> {
  const { path, conf, isManager } = home
  if (!isManager) return [skipped('an agent, no manager: rules lie on the manager', path)]
  const wanted = await wantedRules(config)
  const dirs = conf.blocks('rule_dir').map((dir) => dir.trim())
  const folders = [...new Set([...dirs, 'etc/rules'])]
  let files: readonly RuleFile[]
  try {
    files = (await Promise.all(folders.map((dir) => ruleFiles(join(path, dir))))).flat()
  } catch (error) {
    return [skipped(`the rules cannot be read (${systemErrorCode(error) ?? errorText(error)})`, path)]
  }
  const having = files.filter(({ ids }) => ids.some((id) => wanted.includes(id)))
  const missing = wanted.filter((id) => !having.some(({ ids }) => ids.includes(id)))
  if (having.length === 0)
    return [fail('none of the rules for events of Tripline is there: matches raise no alert', INSTALL, path)]
  const unnamed = otherIntegrations(config).filter((name) => !files.some((file) => file.names(name)))
  return [
    ...unnamed.map((name) =>
      fail(
        `no rule names the integration ${name}, which events go by: matches raise no alert`,
        'Write rules for it, or set `integration: misp` (docs/output.md).',
        path,
      ),
    ),
    ...lackResults(missing, path),
    ...twice(having, wanted, path),
    ...(await loadResults(having, home, dirs)),
  ]
}

function lackResults(missing: readonly string[], path: string): Results {
  if (missing.length === 0) return [ok('all rules for events of Tripline are there', path)]
  return [warn(`rules of this version are missing: ${missing.join(', ')}`, INSTALL, path)]
}

function twice(files: readonly RuleFile[], wanted: readonly string[], path: string): Results {
  const ids = files.flatMap((file) => file.ids.filter((id) => wanted.includes(id)))
  const double = [...new Set(ids.filter((id, at) => ids.indexOf(id) !== at))]
  if (double.length === 0) return []
  return [
    fail(
      `rule ${double.join(', ')} is there twice, and Wazuh takes a number once`,
      `Keep one of them: ${files.map((file) => file.path).join(', ')}`,
      path,
    ),
  ]
}

async function loadResults(
  files: readonly RuleFile[],
  { path, conf }: OpenHome,
  dirs: readonly string[],
): Promise<Results> {
  const results: Result[] = []
  const excluded = conf
    .blocks('rule_exclude')
    .map((name) => name.trim())
    .filter((name) => name !== '')
  // 4.x as shipped has both folders; without any, those two are taken.
  const loaded = dirs.length === 0 ? ['ruleset/rules', 'etc/rules'] : dirs
  const started = await analysisdOf(path).catch(() => undefined)
  for (const file of files) {
    const isLoaded = loaded.some((dir) => file.path.startsWith(join(path, dir, '/')))
    const name = file.path.slice(path.length + 1)
    if (!isLoaded || excluded.some((each) => name.endsWith(each)))
      results.push(
        fail(
          'Wazuh does not load it, as its ossec.conf says (rule_dir, rule_exclude)',
          'Put <rule_dir>etc/rules</rule_dir> into <ruleset>, and take the file out of rule_exclude.',
          file.path,
        ),
      )
    else if (started !== undefined && file.changed > started.since)
      results.push(
        warn(
          'changed since Wazuh was started: what it has loaded may be older',
          'systemctl restart wazuh-manager, unless its rules were reloaded since.',
          file.path,
        ),
      )
    else
      results.push(
        ok(`is in a folder that Wazuh loads, ${(await rightsOf(file.path)) ?? 'rights unknown'}`, file.path),
      )
  }
  return results
}

async function ruleFiles(folder: string): Promise<readonly RuleFile[]> {
  const names = await readdir(folder).catch((error: unknown) => {
    if (systemErrorCode(error) === 'ENOENT') return []
    throw error
  })
  const files: RuleFile[] = []
  for (const name of names.filter((each) => each.endsWith('.xml'))) {
    const path = join(folder, name)
    const text = withoutComments(await readTextFile(path, MAX_BYTES))
    const { mtimeMs: changed } = await stat(path)
    files.push({ path, ids: idsIn(text), changed, names: (integration) => text.includes(integration) })
  }
  return files
}

export function idsIn(xml: string): readonly string[] {
  return [...withoutComments(xml).matchAll(/<rule\s[^<>]*?\bid=["'](\d{1,6})["']/g)].map(([, id = '']) => id)
}
