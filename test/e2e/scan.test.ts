import { readFileSync, writeFileSync } from 'node:fs'
import { gzipSync } from 'node:zlib'
import { describe, expect, it } from 'vitest'
import { matchRecordSchema } from '../../src/sinks/schema.ts'
import { runCli, type CliOptions, type Ended } from '../support/cli.ts'
import {
  EXAMPLE_ALERTS,
  EXAMPLE_FEEDS,
  exampleLines,
  expectedOfExamples,
  matchLines,
  rowLines,
} from '../support/examples.ts'
import { useWorkspace } from './workspace.ts'

const workspace = useWorkspace()

/** With the example feeds, and documentation addresses looked up. */
function scan(args: readonly string[], options: CliOptions = {}): Promise<Ended> {
  const config = workspace.file(
    'examples.yaml',
    'policy: { lookUpSpecial: [documentation] }\nproviders: {}\n',
  )
  return runCli(['scan', '--config', config, '--feed', EXAMPLE_FEEDS, ...args], options)
}

function matchesIn({ stdout }: Ended): readonly string[] {
  const lines = stdout.split('\n').filter((line) => line !== '')
  return matchLines(lines.map((line) => matchRecordSchema.parse(JSON.parse(line))))
}

/** A scan looks at each alert by itself: repeats are matches, too. */
function expectedMatches(): readonly string[] {
  const { matches, repeats } = expectedOfExamples()
  return rowLines([...matches, ...repeats])
}

describe('scan', () => {
  it('gives what examples/expected.json says, of a file, of gzip and of standard input', async () => {
    const zipped = workspace.path('alerts.json.gz')
    writeFileSync(zipped, gzipSync(readFileSync(EXAMPLE_ALERTS)))
    const all = await Promise.all([
      scan([EXAMPLE_ALERTS]),
      scan([zipped]),
      scan(['-'], { stdin: readFileSync(EXAMPLE_ALERTS) }),
    ])
    for (const ended of all) {
      expect(ended).toMatchObject({ code: 0, stderr: '' })
      expect(matchesIn(ended)).toEqual(expectedMatches())
    }
  })

  it('takes several files, one after the other', async () => {
    const middle = Math.floor(exampleLines().length / 2)
    const first = workspace.file('1.json', exampleLines().slice(0, middle).join('\n'))
    const second = workspace.file('2.json', exampleLines().slice(middle).join('\n'))
    const ended = await scan([first, second])
    expect(matchesIn(ended)).toEqual(expectedMatches())
  })

  it('prints one readable line a match with --text', async () => {
    const { stdout } = await scan(['--text', EXAMPLE_ALERTS])
    expect(stdout.trimEnd().split('\n')).toHaveLength(expectedMatches().length)
    expect(stdout).toContain(' url-prefix url http://files.example.com/drop/sh.txt ')
  })

  it('ends with 3 with --fail-on-match when there is a match, else with 0', async () => {
    expect((await scan(['--fail-on-match', EXAMPLE_ALERTS])).code).toBe(3)
    const clean = workspace.file('clean.json', '{"rule":{"id":"1"},"data":{"srcip":"8.8.8.8"}}\n')
    expect(await scan(['--fail-on-match', clean])).toMatchObject({ code: 0, stdout: '', stderr: '' })
  })

  it.each([
    ['a missing file', ['nowhere.json'], 'nowhere.json: The file does not exist'],
    ['a missing feed', ['--feed', 'nowhere.txt', EXAMPLE_ALERTS], 'nowhere.txt: The feed is not there'],
    ['a folder', [EXAMPLE_FEEDS], `${EXAMPLE_FEEDS}: The file cannot be read`],
  ])('ends with 1 and names it for %s', async (_name, args, message) => {
    const { code, stdout, stderr } = await scan(args)
    expect(code).toBe(1)
    expect(stderr).toContain(message)
    expect(stdout + stderr).not.toMatch(/^\s+at /m)
  })

  it('says so when there is nothing to match against', async () => {
    const { code, stderr } = await runCli(['scan', EXAMPLE_ALERTS])
    expect(code).toBe(0)
    expect(stderr).toContain('nothing can match')
  })

  it('says which line is no alert, and goes on', async () => {
    const broken = workspace.file('broken.json', `{"rule":\n${exampleLines().join('\n')}\n`)
    const ended = await scan([broken])
    expect(matchesIn(ended)).toEqual(expectedMatches())
    expect(ended.stderr).toContain('A line gave no alert')
    expect(ended.stderr).toContain('"offset":0')
  })
})

/** More than a pipe holds. */
function many(): string {
  return workspace.file('many.json', `${exampleLines().join('\n')}\n`.repeat(300))
}

describe('a reader that goes away', () => {
  it.each([
    ['scan', ['scan', '--feed', EXAMPLE_FEEDS]],
    ['explain', ['explain', '--feed', EXAMPLE_FEEDS]],
    ['explain --json', ['explain', '--json', '--feed', EXAMPLE_FEEDS]],
  ])('ends %s with 0, without a word', async (_name, args) => {
    const child = workspace.tripline([...args, many()], { closeStdoutAfter: 1 })
    expect(await child.ended).toMatchObject({ code: 0, stderr: '' })
  })
})
