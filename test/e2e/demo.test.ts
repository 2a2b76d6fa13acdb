import { spawn } from 'node:child_process'
import { fileURLToPath } from 'node:url'
import { expect, it } from 'vitest'
import { exampleLines, expectedOfExamples } from '../support/examples.ts'

const ROOT = fileURLToPath(new URL('../..', import.meta.url))

/** Without the build in front of it: other tests use what was built, at the same time. */
function runDemo(
  ...options: readonly string[]
): Promise<{ readonly code: number | null; readonly stdout: string }> {
  return new Promise((resolve, reject) => {
    const child = spawn(process.execPath, ['--import', 'tsx', 'scripts/demo.ts', ...options], {
      cwd: ROOT,
      stdio: ['ignore', 'pipe', 'inherit'],
    })
    let stdout = ''
    child.stdout.setEncoding('utf8').on('data', (piece: string) => {
      stdout += piece
    })
    child.on('error', reject)
    child.on('close', (code) => resolve({ code, stdout }))
  })
}

it('the demo reads every alert, finds what it must, and says so in its last line', async () => {
  const { code, stdout } = await runDemo()
  const lines = stdout.trimEnd().split('\n')
  const { matches } = expectedOfExamples()
  expect(lines.at(-1)).toMatch(
    new RegExp(
      `^demo: ${exampleLines().length} alerts read, \\d+ observables, ${matches.length} matches, 0 lost$`,
    ),
  )
  expect(lines.filter((line) => / rule=\S+ level=\d+ /.test(line))).toHaveLength(matches.length)
  expect(stdout).not.toContain('\u001B')
  expect(code).toBe(0)
})

it('with --misp it asks a MISP, which goes away and comes back, and loses nothing', async () => {
  const { code, stdout } = await runDemo('--misp')
  const lines = stdout.trimEnd().split('\n')
  // A MISP cannot be asked which networks cover an address.
  const matches = expectedOfExamples().matches.filter(({ kind }) => kind !== 'cidr')
  const late = lines.filter((line) => line.includes(' delayed-since='))
  expect(late.length).toBeGreaterThan(5)
  expect(lines.at(-1)).toMatch(
    new RegExp(
      `^demo: ${exampleLines().length} alerts read, ${matches.length} matches, ${late.length} of them late, \\d+ searches, 0 lost$`,
    ),
  )
  expect(code).toBe(0)
})
