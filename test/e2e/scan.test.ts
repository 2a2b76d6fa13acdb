import { execFileSync } from 'node:child_process'
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

  it('ends with 1 when a match is asked for and nothing can match', async () => {
    const { code, stdout, stderr } = await runCli(['scan', '--fail-on-match', EXAMPLE_ALERTS])
    expect({ code, stdout }).toEqual({ code: 1, stdout: '' })
    expect(stderr).toContain('nothing can match')
  })

  it('takes an array of alerts, and the answer of a search in the indexer', async () => {
    const alerts = exampleLines().map((line) => JSON.parse(line) as object)
    const hits = alerts.map((alert) => ({ _index: 'wazuh-alerts-4.x', _source: alert }))
    const array = workspace.file('array.json', JSON.stringify(alerts, undefined, 2))
    const answer = workspace.file('answer.json', JSON.stringify({ hits: { hits } }))
    for (const file of [array, answer]) {
      const ended = await scan([file])
      expect(ended).toMatchObject({ code: 0, stderr: '' })
      expect(matchesIn(ended)).toEqual(expectedMatches())
    }
  })
})

/** Ends in the middle of the compressed data; nothing is compressed, so that alerts are in what is left. */
function cutOff(): string {
  const packed = gzipSync(readFileSync(EXAMPLE_ALERTS), { level: 0 })
  writeFileSync(workspace.path('cut.json.gz'), packed.subarray(0, packed.length - 200))
  return workspace.path('cut.json.gz')
}

describe('an input that is not all alerts', () => {
  it('is scanned for those in it; how many lines were none is said in one sentence', async () => {
    const lines = ['{"rule":', ...exampleLines(), 'x', '[1]'].join('\n')
    const broken = workspace.file('broken.json', `${lines}\n`)
    const ended = await scan(['--fail-on-match', broken])
    expect(matchesIn(ended)).toEqual(expectedMatches())
    expect(ended.code).toBe(3)
    expect(ended.stderr).toBe(
      `tripline: ${broken}: 3 lines gave no alert (2 not JSON, 1 JSON, but no object), the first at byte 0; ` +
        `${exampleLines().length} alerts read\n`,
    )
  })

  it('ends with 1 and says so when it is a named pipe, which nobody may ever write to', async () => {
    execFileSync('mkfifo', [workspace.path('pipe')])
    const { code, stderr } = await scan([workspace.path('pipe')])
    expect(code).toBe(1)
    expect(stderr).toContain('The file cannot be read: it is a named pipe')
  })

  it.each([
    ['lines that are no JSON', 'a line\nand another\n', '2 lines gave no alert (2 not JSON)'],
    ['bytes', Buffer.from(Array.from({ length: 4096 }, (_, n) => (n * 7919) % 251)), 'not JSON'],
    ['a document cut off', '{\n  "id": "1",\n  "data": {', '3 lines gave no alert (3 not JSON)'],
  ])('ends with 1 and one clear sentence when it is %s alone', async (_what, content, reason) => {
    const path = workspace.path('input')
    writeFileSync(path, content)
    for (const args of [['scan', '--fail-on-match'], ['explain']]) {
      const ended = await runCli([...args, '--feed', EXAMPLE_FEEDS, path])
      expect(ended).toMatchObject({ code: 1, stdout: '' })
      expect(ended.stderr).toContain(`tripline: ${path}: not one alert in it; `)
      expect(ended.stderr).toContain(reason)
      expect(ended.stderr.trimEnd().split('\n')).toHaveLength(2)
    }
  })

  it('ends with 1 when compressed data is cut off, also with --fail-on-match; its matches are printed', async () => {
    const path = cutOff()
    const ended = await scan(['--fail-on-match', path, EXAMPLE_ALERTS])
    expect(ended.code).toBe(1)
    expect(ended.stderr).toMatch(
      /cut\.json\.gz: the compressed data is cut off or damaged; only what came before byte \d+ was/,
    )
    expect(matchesIn(ended).length).toBeGreaterThan(expectedMatches().length)
    expect((await runCli(['explain', '--feed', EXAMPLE_FEEDS, path])).code).toBe(1)
  })

  it('may be empty', async () => {
    expect(await scan([workspace.file('empty.json', '\n')])).toMatchObject({
      code: 0,
      stdout: '',
      stderr: '',
    })
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
