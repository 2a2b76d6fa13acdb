import { expect, it } from 'vitest'
import { namedTests } from '../scripts/reliability-docs.ts'
import { SCENARIOS } from '../scripts/reliability-scenarios.ts'

const tests = namedTests()

it.each(SCENARIOS.map(({ id }) => id))('%s has a test that names it', (id) => {
  expect(tests.filter(({ ids }) => ids.includes(id))).not.toEqual([])
})

it('tests name no other scenario', () => {
  const known = new Set(SCENARIOS.map(({ id }) => id))
  expect(tests.filter(({ ids }) => !ids.every((id) => known.has(id)))).toEqual([])
})

it('no test that names a scenario is left out, but where a tool is missing', () => {
  expect(tests.filter(({ isLeftOut }) => isLeftOut)).toEqual([])
})
