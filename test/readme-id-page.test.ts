import { readFileSync } from 'node:fs'
import { expect, it } from 'vitest'

function blocks(path: string): readonly string[] {
  return [...readFileSync(path, 'utf8').matchAll(/^```(?:yaml|sh)\n([\s\S]*?)^```$/gm)].map(
    ([, body = '']) => body,
  )
}

it('README.id.md has the configurations of README.md and docs/install.md, to the letter', () => {
  const known = new Set([...blocks('README.md'), ...blocks('docs/install.md')])
  const settings = blocks('README.id.md').filter((block) => /^(providers|sinks|TRIPLINE_FEEDS)/.test(block))
  expect(settings.length).toBeGreaterThanOrEqual(4)
  expect(settings.filter((block) => !known.has(block))).toEqual([])
})

it('README.id.md quotes messages that README.md or the log table has', () => {
  const others = readFileSync('README.md', 'utf8') + readFileSync('docs/operations.md', 'utf8')
  const quoted = [...readFileSync('README.id.md', 'utf8').matchAll(/^\| `([^`]+)`/gm)].flatMap(
    ([, text = '']) => (/^[A-Z]\w* \w+ \w+/.test(text) ? [text] : []),
  )
  expect(quoted.length).toBeGreaterThan(3)
  expect(quoted.filter((text) => !others.includes(text))).toEqual([])
})
