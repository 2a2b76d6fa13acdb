import { expect, it } from 'vitest'
import { judgeAudit } from './audit.ts'

function found(...severities: readonly string[]): string {
  const entries = severities.map(
    (severity, index) =>
      [`p${index}`, { severity, range: '<1.0.0', nodes: [`node_modules/p${index}`] }] as const,
  )
  return JSON.stringify({ auditReportVersion: 2, vulnerabilities: Object.fromEntries(entries) })
}

it.each([
  [[], 0],
  [['low', 'moderate'], 0],
  [['low', 'high'], 1],
  [['critical'], 1],
])('weaknesses of %j end it with %i', (severities, exitCode) => {
  const report = judgeAudit(
    found(...severities),
    new Set(severities.map((_, index) => `node_modules/p${index}`)),
  )
  expect(report.exitCode).toBe(exitCode)
  expect(report.lines).toHaveLength(severities.length + 1)
})

it('passes over a package that Tripline does not run with', () => {
  expect(judgeAudit(found('critical'), new Set(['node_modules/other']))).toEqual({
    exitCode: 0,
    lines: ['0 known weaknesses'],
  })
})

it.each([
  ['', 'npm gave no answer'],
  ['{"message": "405 Method Not Allowed", "error": {}}', '405 Method Not Allowed'],
  ['{"vulnerabilities": 1}', 'npm gave no answer'],
])('a registry that cannot be asked is told, and is no failure: %s', (text, why) => {
  expect(judgeAudit(text, new Set())).toEqual({
    exitCode: 0,
    lines: [`NOT AUDITED: the registry could not be asked (${why})`],
  })
})
