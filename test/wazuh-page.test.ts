import { readdirSync, readFileSync } from 'node:fs'
import { expect, it } from 'vitest'
import { readRules } from './support/wazuh-rules.ts'

const page = readFileSync('docs/wazuh.md', 'utf8')
const SHIPPED = 'deploy/wazuh/rules'

it('docs/wazuh.md raises the rules of its table, with numbers that nobody else has', () => {
  const [, xml = ''] = /^```xml\n([\s\S]*?)^```$/m.exec(page) ?? []
  const rules = readRules(xml)
  const shipped = readdirSync(SHIPPED).flatMap((name) =>
    readRules(readFileSync(`${SHIPPED}/${name}`, 'utf8')),
  )
  expect(rules).toHaveLength(3)
  expect(shipped.length).toBeGreaterThan(10)
  const taken = new Set(shipped.map(({ id }) => id))
  expect(rules.filter(({ id, level }) => taken.has(id) || !/^1[01]\d{4}$/.test(id) || level < 3)).toEqual([])
  const [, table = ''] = page.split('## ')
  const parents = rules.flatMap(({ parent = '' }) => parent.split(', '))
  const silent = [...table.matchAll(/\b(?:86|61|31)\d{3}\b/g)].map(([id]) => id)
  expect(new Set(parents)).toEqual(new Set(silent.filter((id) => id !== '86601')))
})

it('docs/wazuh.md names every number that Tripline takes', () => {
  const shipped = readdirSync(SHIPPED).flatMap((name) =>
    readRules(readFileSync(`${SHIPPED}/${name}`, 'utf8')),
  )
  const [line = ''] = page.split('\n').filter((each) => each.startsWith('- Numbers from'))
  const named = [...line.matchAll(/(\d{6})(?: to (\d{6}))?/g)].slice(1)
  const isNamed = (id: number) => named.some(([, from, to]) => id >= Number(from) && id <= Number(to ?? from))
  expect(shipped.filter(({ id }) => !isNamed(Number(id)))).toEqual([])
})
