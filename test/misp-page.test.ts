import { readdirSync, readFileSync } from 'node:fs'
import { expect, it } from 'vitest'

/** The sentences of the trouble table of docs/misp.md are those of the code; `…` stands for what varies. */
it('docs/misp.md quotes the messages as they are', () => {
  const table = readFileSync('docs/misp.md', 'utf8').split('## Trouble')[1] ?? ''
  const quoted = [...table.matchAll(/^\| (`[^|]*?) *\|/gm)].flatMap(([, cell = '']) =>
    [...cell.matchAll(/`([^`]+)`/g)].map(([, text = '']) => text),
  )
  const sources = readdirSync('src', { recursive: true, encoding: 'utf8' })
    .filter((file) => file.endsWith('.ts') && !file.endsWith('.test.ts'))
    .map((file) => readFileSync(`src/${file}`, 'utf8'))
    .join('\n')
  expect(quoted.length).toBeGreaterThan(20)
  const parts = quoted.flatMap((text) => text.split('…').map((part) => part.trim()))
  expect(parts.filter((part) => !sources.includes(part))).toEqual([])
})
