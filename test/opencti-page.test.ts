import { readdirSync, readFileSync } from 'node:fs'
import { describe, expect, it } from 'vitest'
import { openCtiConfig } from '../src/intel/opencti/config.ts'
import { OLDEST } from '../src/intel/opencti/client/version.ts'

const page = readFileSync('docs/opencti.md', 'utf8')
const sources = readdirSync('src', { recursive: true, encoding: 'utf8' })
  .filter((file) => file.endsWith('.ts') && !file.endsWith('.test.ts'))
  .map((file) => readFileSync(`src/${file}`, 'utf8'))
  .join('\n')

describe('docs/opencti.md', () => {
  /** The sentences of the trouble table are those of the code; `…` stands for what varies, `(CODE)` is OpenCTI's own. */
  it('quotes the messages as they are', () => {
    const table = page.split('## Trouble')[1] ?? ''
    const quoted = [...table.matchAll(/^\| (`[^|]*?) *\|/gm)].flatMap(([, cell = '']) =>
      [...cell.matchAll(/`([^`]+)`/g)].map(([, text = '']) => text),
    )
    expect(quoted.length).toBeGreaterThan(30)
    const parts = quoted.flatMap((text) => text.split(/…|\([A-Z_]+\)/).map((part) => part.trim()))
    expect(parts.filter((part) => !sources.includes(part))).toEqual([])
  })

  it('names the rights that are looked at', () => {
    const rights = [...page.matchAll(/^ +\| .* \| `([A-Z_]+)` +\|$/gm)].map(([, name = '']) => name)
    expect(rights).toHaveLength(4)
    expect(rights.filter((name) => !sources.includes(name))).toEqual([])
  })

  it('has the oldest release that is taken', () => {
    expect(page).toContain(`OpenCTI ${OLDEST.join('.')} to `)
  })

  it('suggests a filter that OpenCTI takes: each key as a list of one, values as texts', () => {
    const [, text = ''] = /^ *```json\n([\s\S]*?)^ *```$/m.exec(page) ?? []
    const { mode, filters, filterGroups } = JSON.parse(text) as {
      readonly mode: string
      readonly filters: readonly { readonly key: unknown; readonly values: unknown }[]
      readonly filterGroups: unknown
    }
    expect({ mode, filterGroups }).toEqual({ mode: 'and', filterGroups: [] })
    expect(filters.map(({ key, values }) => [key, values])).toEqual([
      [['entity_type'], ['Indicator']],
      [['pattern_type'], ['stix']],
      [['revoked'], ['false']],
    ])
  })

  it('names defaults as they are', () => {
    const { mirror, related } = openCtiConfig.parse({ type: 'opencti', url: 'https://x.example', token: 't' })
    expect(related).toBe(true)
    expect(page).toContain(`\`mirror.pageSize\` (${mirror.pageSize.toLocaleString('en')})`)
    expect(page).toContain(`\`mirror.reload\` (${mirror.reload / 86_400_000} d)`)
    expect(page).toContain(`\`mirror.pollReload\` (${mirror.pollReload / 3_600_000} h)`)
    expect(page).toContain(`\`mirror.pollInterval\` (${mirror.pollInterval / 60_000} min)`)
    expect(page).toContain(`\`mirror.staleAfter\` (${mirror.staleAfter / 60_000} min)`)
    expect(page).toContain(`\`mirror.maxIndicators\` (${mirror.maxIndicators / 1_000_000} million values)`)
  })
})
