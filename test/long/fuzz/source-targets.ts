import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { isRecord, parseJson } from '../../../src/core/json.ts'
import { createDecoder, type Decode } from '../../../src/sources/decode.ts'
import { isReadable, packingOf } from '../../../src/sources/http/content.ts'
import { isAlert, unwrap } from '../../../src/sources/http/envelope.ts'
import { splitBody } from '../../../src/sources/http/split.ts'
import { loadCheckpoint } from '../../../src/sources/wazuh-file/checkpoint.ts'
import { sourceEvents } from '../../../src/telemetry/events/source.ts'
import { recordedTelemetry } from '../../support/telemetry.ts'
import type { Target } from './targets.ts'

const ALERT = '{"timestamp":"2026-03-09T08:00:00.000+0000","rule":{"id":"1"},"manager":{"name":"m"}}'
const ENVELOPES = ['{"text":"', '{"hits":{"hits":[', '{"alerts":[', '{"_index":"i","_source":', '"},', '}]}}']
/** Those of an alert as text in a text. */
const QUOTED = [JSON.stringify(ALERT).slice(1, -1), '{\\"rule\\":{', '\\n', '{\\"timestamp\\":\\"']
const WAZUH5 = [
  '{"wazuh":{',
  '"wazuh.rule.',
  'wazuh.agent.id',
  '"event":{"doc_id":"',
  '"@timestamp":',
  '":{"',
  '.',
  'a.',
  ',',
]
const LETTER = [
  '{"schema":"tripline.dead-letter/1",',
  '"alert":',
  '"alert_omitted":"',
  ALERT,
  '}',
  '"text":"',
]
const RECORD = '{"path":"/a","current":null,"finished":[]}'
const CHECKPOINT = ['{"version":1,"files":[', RECORD, '"finished":[{"dev":"1",', '"offset":-1', ',', ']}']

/** What sources read, beside lines of alerts. */
export async function sourceTargets(): Promise<readonly Target[]> {
  const decode = await createDecoder()
  const load = checkpointLoader()
  return [
    {
      name: 'http: body',
      pieces: [ALERT, '\n', '[', ',', ']', ...ENVELOPES, ...QUOTED],
      run: bodyOf(decode),
    },
    {
      name: 'http: text in an envelope',
      pieces: [ALERT, '\n', '{"timestamp":"', ...ENVELOPES],
      run: (text) => unwrap({ text }, 1000),
    },
    {
      name: 'http: envelope',
      pieces: [ALERT, ...ENVELOPES, ...QUOTED],
      run: (text) => {
        const value = parseJson(text)
        return isRecord(value) ? [isAlert(value), unwrap(value, 1000)] : undefined
      },
    },
    {
      name: 'http: content type',
      pieces: ['application/json', ';', 'charset=', '"utf-8"', '='],
      run: (text) => [isReadable(text), isReadable(`application/json;${text}`), packingOf(text)],
    },
    { name: 'wazuh 5: line', pieces: WAZUH5, run: (text) => decode(Buffer.from(text), 'f', 0) },
    {
      name: 'wazuh 5: dotted keys',
      pieces: WAZUH5,
      run: (text) => {
        const keys = text.split(',').map((key): [string, string] => [key, text.slice(0, 20)])
        return decodeAlert(decode, { 'wazuh.rule.level': 'high', ...Object.fromEntries(keys) })
      },
    },
    {
      name: 'wazuh 5: one key',
      pieces: ['wazuh.', 'rule.', 'agent.', '.'],
      run: (text) =>
        decodeAlert(decode, { [`wazuh.${text}`]: { [text]: text }, wazuh: { rule: { tags: [text] } } }),
    },
    {
      name: 'wazuh 5: values',
      pieces: ['2026-07-06T12:17:21Z', 'decoder/', '/0'],
      run: (text) =>
        decodeAlert(decode, {
          '@timestamp': text,
          event: { doc_id: text },
          wazuh: {
            rule: { id: text, level: text },
            integration: { name: text, decoders: [text] },
            cluster: { name: text },
          },
        }),
    },
    {
      name: 'wazuh 5: document of the indexer',
      pieces: WAZUH5,
      run: (text) =>
        decodeAlert(decode, { _index: 'i', _id: text, _source: { wazuh: { [text]: text }, [text]: text } }),
    },
    { name: 'dead letter: line', pieces: LETTER, run: (text) => decode(Buffer.from(text), 'f', 0) },
    {
      name: 'dead letter: alert',
      pieces: LETTER,
      run: (text) => decode(Buffer.from(`{"schema":"tripline.dead-letter/1","alert":${text}}`), 'f', 0),
    },
    { name: 'checkpoint', pieces: CHECKPOINT, run: load },
    {
      name: 'checkpoint: entries',
      pieces: [...CHECKPOINT, `${RECORD},`],
      run: (text) => load(`{"version":1,"files":[${text}]}`),
    },
  ]
}

function decodeAlert(decode: Decode, body: object): unknown {
  const decoded = decode(Buffer.from(JSON.stringify(body)), 'f', 0)
  if (decoded.kind !== 'alert') throw new Error(`no alert but ${decoded.kind}`)
  return decoded.alert
}

/** What is kept must be an alert to the reader of the spool. */
function bodyOf(decode: Decode): Target['run'] {
  return async (text) => {
    const split = await splitBody(Buffer.from(text))
    if (split.kind !== 'split') return
    const lines = split.parts.flatMap(({ bytes }) => bytes.toString().split('\n').slice(0, -1))
    if (lines.length !== split.alerts) throw new Error(`${lines.length} lines for ${split.alerts} alerts`)
    for (const line of lines) {
      const { kind } = decode(Buffer.from(line), 'f', 0)
      if (kind !== 'alert') throw new Error(`no alert but ${kind}`)
    }
  }
}

function checkpointLoader(): (text: string) => Promise<unknown> {
  const folder = mkdtempSync(join(tmpdir(), 'tripline-fuzz-'))
  process.on('exit', () => rmSync(folder, { recursive: true }))
  const path = join(folder, 'checkpoint.json')
  const telemetry = recordedTelemetry()
  const events = sourceEvents(telemetry, 'wazuh')
  return async (text) => {
    writeFileSync(path, text)
    await loadCheckpoint(path, ['/a', '/b'], events)
    telemetry.lines.length = 0
  }
}
