import { readdirSync, readFileSync } from 'node:fs'
import { expect, it } from 'vitest'

/** `…` stands for what varies. A quoted sentence has three words or more. */
it('docs/troubleshooting.md quotes the messages as they are', () => {
  const page = readFileSync('docs/troubleshooting.md', 'utf8')
  const cells = page
    .split('\n')
    .flatMap((line) => (/^\| (?!-|what you see)/.test(line) ? line.split(' | ') : []))
  const quoted = cells
    .flatMap((cell) => [...cell.matchAll(/`([^`]+)`/g)].map(([, text = '']) => text))
    .filter((text) => /^[A-Za-z]+ \w+ \w+/.test(text) && !/^(tripline|usermod) /.test(text))
  const sources = readdirSync('src', { recursive: true, encoding: 'utf8' })
    .filter((file) => file.endsWith('.ts') && !file.endsWith('.test.ts'))
    .map((file) => readFileSync(`src/${file}`, 'utf8'))
    .join('\n')
  expect(quoted.length).toBeGreaterThan(20)
  const parts = quoted.flatMap((text) => text.split('…').map((part) => part.trim()))
  expect(parts.filter((part) => !sources.includes(part))).toEqual([])
})
