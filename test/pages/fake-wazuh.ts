import { appendFileSync, existsSync, mkdirSync, readdirSync, readFileSync, rmSync, chmodSync } from 'node:fs'
import { createRequire } from 'node:module'
import { isRecord } from '../../src/core/json.ts'
import { alertBody, firing, readRules, type WazuhRule } from '../support/wazuh-rules.ts'

/**
 * What of Wazuh's programs the pages use, over the files in /var/ossec: `wazuh-analysisd -t`, `wazuh-logtest`, and `manager`, which
 * makes alerts of what its queue and the files of `<localfile>` get.
 */
const HOME = '/var/ossec'
const ALERTS = `${HOME}/logs/alerts/alerts.json`
const QUEUE = `${HOME}/queue/sockets/queue`
const POLL_MS = 50

function rules(): readonly WazuhRule[] {
  const folder = `${HOME}/etc/rules`
  const found = readdirSync(folder)
    .filter((name) => name.endsWith('.xml'))
    .flatMap((name) => readRules(readFileSync(`${folder}/${name}`, 'utf8')))
  if (new Set(found.map(({ id }) => id)).size !== found.length) throw new Error('a rule is there twice')
  return found
}

function eventOf(line: string): Readonly<Record<string, unknown>> | undefined {
  const event: unknown = JSON.parse(line)
  return isRecord(event) ? event : undefined
}

function logtest(): void {
  const loaded = rules()
  for (const line of readFileSync(0, 'utf8').split('\n').filter(Boolean)) {
    const rule = firing(loaded, eventOf(line) ?? {})
    if (rule === undefined) process.stdout.write('**Phase 2: Completed decoding.\n')
    else
      process.stdout.write(
        `**Phase 3: Completed filtering (rules).\n\tid: '${rule.id}'\n\tlevel: '${rule.level}'\n`,
      )
  }
}

function manager(): void {
  const loaded = rules()
  const conf = readFileSync(`${HOME}/etc/ossec.conf`, 'utf8')
  const take = (line: string, location: string): void => {
    const event = eventOf(line)
    const rule = event === undefined ? undefined : firing(loaded, event)
    if (event !== undefined && rule !== undefined)
      appendFileSync(ALERTS, `${JSON.stringify(alertBody(rule, event, location))}\n`)
  }
  const files = [...conf.matchAll(/<localfile>[\s\S]*?<location>([^<]+)<\/location>[\s\S]*?<\/localfile>/g)]
  for (const [, file = ''] of files) follow(file, (line) => take(line, file))
  listen((text) => {
    const [, location = '', line = ''] = /^1:([^:]*(?:->[^:]*)?):(\{.*)$/s.exec(text) ?? []
    if (line !== '') take(line, location)
  })
  process.stdout.write('Wazuh is running\n')
}

/** Logcollector begins at the end. */
function follow(file: string, onLine: (line: string) => void): void {
  let read = existsSync(file) ? readFileSync(file).length : 0
  setInterval(() => {
    if (!existsSync(file)) return
    const bytes = readFileSync(file)
    const end = bytes.lastIndexOf(10) + 1
    if (end <= read) return
    for (const line of bytes.subarray(read, end).toString().split('\n').filter(Boolean)) onLine(line)
    read = end
  }, POLL_MS)
}

interface Datagram {
  bind(path: string): void
}

function listen(onText: (text: string) => void): void {
  rmSync(QUEUE, { force: true })
  mkdirSync(`${HOME}/queue/sockets`, { recursive: true })
  const unix = createRequire(import.meta.url)('unix-dgram') as {
    createSocket(type: string, onMessage: (bytes: Buffer) => void): Datagram
  }
  unix.createSocket('unix_dgram', (bytes) => onText(bytes.toString())).bind(QUEUE)
  chmodSync(QUEUE, 0o666)
}

const [verb = '', ...options] = process.argv.slice(2)
if (verb === 'wazuh-analysisd') {
  if (options.join(' ') !== '-t') throw new Error('only -t is known here')
  rules()
} else if (verb === 'wazuh-logtest') logtest()
else if (verb === 'manager') manager()
else throw new Error(`${verb} is not known`)
