import { readFileSync } from 'node:fs'
import { describe, expect, it } from 'vitest'
import { createFieldIndex } from '../src/extract/field-index.ts'
import { createDecoder } from '../src/sources/decode.ts'

const page = readFileSync('docs/wazuh5.md', 'utf8')

/** Rows of the first table behind a heading, without its head. */
function tableOf(heading: string): string[][] {
  const [, text = ''] = page.split(`${heading}\n`)
  const [table = ''] = /^\|[\s\S]*?^(?!\|)/m.exec(text) ?? []
  return [...table.matchAll(/^\|(.*)\|$/gm)]
    .slice(2)
    .map(([, row = '']) => row.split('|').map((cell) => cell.trim()))
}

const KINDS: Readonly<Record<string, string>> = {
  addresses: 'ip',
  'addresses or names': 'host',
  names: 'domain',
  'URLs, or paths': 'url',
  'e-mail addresses': 'email',
  digests: 'hash',
  text: 'text',
  'the log as it was': 'log',
  'not searched': 'ignore',
  'not searched, nor found in the text': 'noise',
}

describe('docs/wazuh5.md', () => {
  it('says of each field what the table says', () => {
    const index = createFieldIndex({}, true)
    const rows = tableOf('## Fields')
    expect(rows.map(([holds]) => holds)).toEqual(Object.keys(KINDS))
    for (const [holds = '', cell = ''] of rows) {
      const fields = [...cell.matchAll(/`([^`]+)`/g)].map(([, field = '']) => field)
      expect(fields.length).toBeGreaterThan(0)
      for (const field of fields) {
        const node = field.split('.').reduce((parent, key) => index.child(parent, key), index.root)
        expect(`${field}: ${node.kind}`).toBe(`${field}: ${KINDS[holds]}`)
      }
    }
  })

  it('gives the levels that findings get', async () => {
    const decode = await createDecoder()
    const rows = tableOf('### Levels')
    expect(rows).toHaveLength(6)
    for (const [word = '', , level] of rows) {
      const rule = word.startsWith('`') ? { level: word.replaceAll('`', '') } : {}
      const decoded = decode(Buffer.from(JSON.stringify({ wazuh: { rule } })), 'f', 0)
      expect(decoded).toMatchObject({ kind: 'alert', alert: { level: Number(level) } })
    }
  })
})
