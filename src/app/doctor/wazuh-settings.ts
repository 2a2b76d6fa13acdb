import { readdir, readFile, stat } from 'node:fs/promises'
import { join } from 'node:path'
import { systemErrorCode } from '../../core/errors.ts'
import type { Look } from './context.ts'
import { fail, ok, skipped, warn, type Result, type Results } from './result.ts'
import { atHome, type OpenHome } from './wazuh-home.ts'

/** As shipped; 1 where the tag is missing (4.14). */
const USUAL_LEVEL = 3
const DEFAULT_LEVEL = 1

/** What of its events Wazuh writes to alerts.json. */
export const lookAtWazuhSettings: Look = (context) => atHome(context, settingsOf)

export function settingsOf({ path, conf, isManager }: OpenHome): Results {
  const file = join(path, 'etc/ossec.conf')
  if (!isManager) return [skipped('an agent, no manager: alerts are written on the manager', path)]
  const results: Result[] = []
  if (conf.setting('global', 'jsonout_output') === 'no')
    results.push(
      fail(
        'jsonout_output is no: Wazuh writes no alerts.json',
        'Set <jsonout_output>yes</jsonout_output> in <global> and restart Wazuh.',
        file,
      ),
    )
  const text = conf.setting('alerts', 'log_alert_level')
  const level = text === undefined ? DEFAULT_LEVEL : Number(text)
  results.push(levelResult(level, file))
  const node = conf.setting('cluster', 'disabled') === 'no' ? conf.setting('cluster', 'node_name') : undefined
  if (node !== undefined)
    results.push(
      ok(
        `node ${node} of a cluster: its alerts.json has the agents of this node only, so Tripline runs on each`,
        file,
      ),
    )
  return results
}

function levelResult(level: number, file: string): Result {
  if (!Number.isInteger(level)) return warn('log_alert_level is no number', 'Set it to 3, as shipped.', file)
  if (level <= USUAL_LEVEL)
    return ok(`log_alert_level is ${level}: alerts of that level and above are written`, file)
  const todo = `Lower <log_alert_level> to ${USUAL_LEVEL} and restart Wazuh: Tripline cannot match what is not written.`
  return warn(`log_alert_level is ${level}: events of lower levels never become alerts`, todo, file)
}

/** Whether the process that writes alerts runs, by the file it leaves; its name has the number of the process. */
export const lookAtWazuhRunning: Look = (context) => atHome(context, runningResult)

const ANALYSISD = /^(?:wazuh|ossec)-analysisd-(\d+)\.pid$/

export interface Analysisd {
  readonly pid: number
  /** When it wrote its number, in milliseconds since 1970. */
  readonly since: number
  /** `another`: the number belongs to another process by now. */
  readonly is: 'running' | 'gone' | 'another'
}

/** One that runs; where none does, the last that did. Rejects with the system's error. */
export async function analysisdOf(home: string): Promise<Analysisd | undefined> {
  const folder = join(home, 'var/run')
  const found: Analysisd[] = []
  for (const name of await readdir(folder)) {
    const pid = Number(ANALYSISD.exec(name)?.[1] ?? 0)
    if (pid === 0) continue
    const since = (await stat(join(folder, name))).mtimeMs
    found.push({ pid, since, is: await stateOf(pid, since) })
  }
  const running = found.find((each) => each.is === 'running')
  return running ?? found.toSorted((left, right) => right.since - left.since)[0]
}

/** As the kernel knows both, cut to 15 characters. */
const NAMES: ReadonlySet<string> = new Set(['wazuh-analysisd', 'ossec-analysisd'])
/** Both clocks have whole seconds, and may have been set in between. */
const CLOCKS_MS = 60_000
/** Ticks of /proc are hundredths of a second on every machine that Node.js runs on (USER_HZ). */
const TICK_MS = 10

/** By the name of the process, and else by when it began (proc_pid_stat(5), fields 2 and 22; `btime` of proc_stat(5)). */
async function stateOf(pid: number, since: number): Promise<Analysisd['is']> {
  const [process, system] = await Promise.all([
    readFile(`/proc/${pid}/stat`, 'utf8').catch(() => ''),
    readFile('/proc/stat', 'utf8').catch(() => ''),
  ])
  if (process === '') return 'gone'
  const end = process.lastIndexOf(')')
  if (NAMES.has(process.slice(process.indexOf('(') + 1, end))) return 'running'
  const ticks = Number(process.slice(end + 2).split(' ')[19])
  const booted = Number(/^btime (\d+)/m.exec(system)?.[1])
  return booted * 1000 + ticks * TICK_MS > since + CLOCKS_MS ? 'another' : 'running'
}

async function runningResult({ path, isManager }: OpenHome): Promise<Results> {
  if (!isManager) return [skipped('an agent, no manager', path)]
  const start = 'systemctl start wazuh-manager; why it ended, /var/ossec/logs/ossec.log says.'
  try {
    const found = await analysisdOf(path)
    if (found === undefined)
      return [warn('wazuh-analysisd does not run: it has left no number of its process', start, path)]
    const { pid, is } = found
    if (is === 'running') return [ok(`wazuh-analysisd runs: process ${pid}`, path)]
    const why = is === 'gone' ? `its process ${pid} is gone` : `process ${pid} is another one by now`
    return [warn(`wazuh-analysisd does not run: ${why}`, start, path)]
  } catch (error) {
    return [skipped(`${path}/var/run cannot be listed (${systemErrorCode(error) ?? 'unknown'})`, path)]
  }
}
