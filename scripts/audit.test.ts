import { expect, it } from 'vitest'
import { judgeAudit } from './audit.ts'

function found(...severities: readonly string[]): string {
  const entries = severities.map((severity, index) => [`p${index}`, { severity, range: '<1.0.0' }] as const)
  return JSON.stringify({ auditReportVersion: 2, vulnerabilities: Object.fromEntries(entries) })
}

it.each([
  [[], 0],
  [['low', 'moderate'], 0],
  [['low', 'high'], 1],
  [['critical'], 1],
])('weaknesses of %j end it with %i', (severities, exitCode) => {
  const report = judgeAudit(found(...severities))
  expect(report.exitCode).toBe(exitCode)
  expect(report.lines).toHaveLength(severities.length + 1)
})

it.each([
  ['', 'npm gave no answer'],
  ['{"message": "405 Method Not Allowed", "error": {}}', '405 Method Not Allowed'],
  ['{"vulnerabilities": 1}', 'npm gave no answer'],
])('a registry that cannot be asked is told, and is no failure: %s', (text, why) => {
  expect(judgeAudit(text)).toEqual({
    exitCode: 0,
    lines: [`NOT AUDITED: the registry could not be asked (${why})`],
  })
})
