import { describe, expect, it } from 'vitest'
import { judgeLane, summary, type Lane } from './ci-summary.ts'

const tests: Lane = { name: 'unit', kind: 'tests', status: 0, seconds: 2 }
const check: Lane = { name: 'lint', kind: 'check', status: 0, seconds: 1 }

function report(...statuses: readonly string[]): string {
  const assertionResults = statuses.map((status, index) => ({ status, fullName: `test ${index}` }))
  return JSON.stringify({ testResults: [{ name: 'src/a.test.ts', assertionResults }] })
}

const never = (): boolean => false

describe('a lane of checks', () => {
  it('counts as one, by its exit status', () => {
    expect(judgeLane({ lane: check, report: undefined, maySkip: never })).toMatchObject({
      passed: 1,
      failed: 0,
    })
    expect(judgeLane({ lane: { ...check, status: 2 }, report: undefined, maySkip: never })).toMatchObject({
      passed: 0,
      failed: 1,
    })
  })
})

describe('a lane of tests', () => {
  it('counts its tests', () => {
    const result = judgeLane({
      lane: { ...tests, status: 1 },
      report: report('passed', 'passed', 'failed'),
      maySkip: never,
    })
    expect(result).toMatchObject({ passed: 2, failed: 1, skipped: 0, remarks: [] })
  })

  it.each([
    ['no report', undefined, 0],
    ['a report that is no JSON', '{"testResults":[', 0],
    ['a report of another shape', '{"numPassedTests":3}', 0],
    ['no test at all', report(), 0],
    ['only skipped tests', report('pending'), 1],
    ['no test and a status', report(), 0, 1],
  ])('fails with %s', (_, text, skipped, status = 0) => {
    const result = judgeLane({ lane: { ...tests, status }, report: text, maySkip: () => true })
    expect(result).toMatchObject({ passed: 0, failed: 1, skipped })
  })

  it('fails when its command did though no test failed', () => {
    const result = judgeLane({ lane: { ...tests, status: 1 }, report: report('passed'), maySkip: never })
    expect(result).toMatchObject({ passed: 1, failed: 1, remarks: ['ended with status 1'] })
  })

  it.each(['pending', 'skipped', 'todo'])('fails for a %s test that must run, and names it', (status) => {
    const result = judgeLane({ lane: tests, report: report('passed', status), maySkip: never })
    expect(result).toMatchObject({ passed: 1, failed: 1, remarks: ['skipped without need: test 1'] })
  })

  it('passes with a test skipped by need, asked for by its file', () => {
    const result = judgeLane({
      lane: tests,
      report: report('passed', 'pending'),
      maySkip: (file) => file === 'src/a.test.ts',
    })
    expect(result).toMatchObject({ passed: 1, failed: 0, skipped: 1, remarks: [] })
  })
})

describe('the summary', () => {
  it('ends with the sum over all lanes, and nothing else on that line', () => {
    const results = [
      judgeLane({ lane: check, report: undefined, maySkip: never }),
      judgeLane({ lane: { ...tests, status: 1 }, report: report('passed', 'failed'), maySkip: never }),
    ]
    expect(summary(results).at(-1)).toBe('2 passed, 1 failed')
    expect(summary(results)).toHaveLength(3)
  })
})
