import { isRecord, parseJson } from '../../../src/core/json.ts'
import type { Alert } from '../../../src/core/alert.ts'
import { createExtractor } from '../../../src/extract/extract.ts'
import { extractConfig } from '../../../src/extract/config.ts'
import { createLoopGuard } from '../../../src/extract/loop-guard.ts'
import { patternFacts } from '../../../src/extract/pattern-facts.ts'
import { createDecoder } from '../../../src/sources/decode.ts'
import { createLineSplitter } from '../../../src/sources/lines.ts'
import type { Target } from './targets.ts'

/** Fields of each kind, and of those that are read in a way of their own. */
// prettier-ignore
const FIELDS = [
  'data.srcip', 'data.hostname', 'data.query', 'data.url', 'data.srcuser', 'data.email', 'data.sha256', 'data.other', 'data.win.eventdata.hashes',
  'data.win.eventdata.queryResults', 'data.win.eventdata.commandLine', 'syscheck.diff', 'syscheck.path', 'full_log', 'previous_output', 'location',
] as const

/** Everything an alert can bring: its line, its fields, its keys. */
export async function alertTargets(): Promise<readonly Target[]> {
  const decode = await createDecoder()
  const extract = createExtractor(extractConfig.parse({}))
  const guard = createLoopGuard([])
  const alertOf = (body: unknown): Alert => {
    const decoded = decode(Buffer.from(JSON.stringify(body)), 'alerts.json', 0)
    if (decoded.kind !== 'alert') throw new Error(`no alert but ${decoded.kind}`)
    return decoded.alert
  }
  const examine = (body: unknown): unknown => {
    const alert = alertOf(body)
    const { observables } = extract(alert)
    return [observables, guard.isOwn(alert), patternFacts(alert.body, observables).get('file:name')]
  }
  return [
    {
      name: 'alert: line',
      pieces: ['{"timestamp":"', '{"data":{', '}}', '"a":'],
      run: (text) => decode(Buffer.from(text), 'f', 0),
    },
    { name: 'alert: lines', pieces: ['\n', '{}\n'], run: linesOf },
    ...FIELDS.map((path) => ({
      name: `alert: ${path}`,
      pieces: ['"', '",', ')', 'a@', '.', '-', 'a', '/'],
      run: (text: string) => examine(bodyWith(path, text)),
    })),
    {
      name: 'alert: one key',
      pieces: ['.', 'a.', 'srcip.'],
      run: (text) => examine({ data: { [text]: 'x.evil.com' } }),
    },
    {
      name: 'alert: many keys',
      pieces: [',', 'a,', '.,'],
      run: (text) => examine({ data: Object.fromEntries(text.split(',').map((key) => [key, '9.9.9.9'])) }),
    },
    {
      name: 'alert: nested keys',
      pieces: [',', 'a,', 'aaaaaaaa,'],
      run: (text) => examine({ data: nested(text.split(',')) }),
    },
    {
      name: 'alert: list of texts',
      pieces: [',', 'a.com,'],
      run: (text) => examine({ data: { hosts: text.split(','), srcip: text.split(',') } }),
    },
    {
      name: 'alert: any JSON',
      pieces: ['{"data":', '{"rule":', '[', ']', '}', '"srcip":"1.2.3.4",'],
      run: (text) => examineJson(text, examine),
    },
  ]
}

function linesOf(text: string): number {
  let lines = 0
  const count = (): void => void (lines += 1)
  const splitter = createLineSplitter({ offset: 0, maxLineBytes: 4096, onLine: count, onTooLong: count })
  const bytes = Buffer.from(text)
  for (let at = 0; at < bytes.length; at += 1000) splitter.push(bytes.subarray(at, at + 1000))
  return lines
}

function bodyWith(path: string, text: string): object {
  return path.split('.').reduceRight<unknown>((value, key) => ({ [key]: value }), text) as object
}

/** As deep as an alert is read, and a little more. */
function nested(keys: readonly string[]): unknown {
  return keys.slice(0, 300).reduceRight<unknown>((value, key) => ({ [key]: value }), '9.9.9.9')
}

function examineJson(text: string, examine: (body: unknown) => unknown): unknown {
  const value = parseJson(text)
  return isRecord(value) ? examine(value) : undefined
}
