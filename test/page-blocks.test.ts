import { spawnSync } from 'node:child_process'
import { existsSync, readFileSync } from 'node:fs'
import { PassThrough, Readable } from 'node:stream'
import { describe, expect, it } from 'vitest'
import { createProgram } from '../src/commands/program.ts'
import { BLOCKS, blocksIn, isCommands, nameOf, PAGES, type Block } from './pages/blocks.ts'
import { EXCEPTIONS, SET_UPS } from './pages/set-ups.ts'
import { callsOfTripline, commandsIn } from './pages/shell.ts'

/** What can be said of the command blocks of the pages without running them; `npm run test:pages` runs them. */

const blocks = BLOCKS.filter((block) => isCommands(block))

function isExcepted({ page, body }: Block): boolean {
  return EXCEPTIONS.some((each) => each.page === page && body.includes(each.holds))
}

function named(block: Block): readonly [string, Block] {
  return [nameOf(block), block]
}

/** Of a call of Tripline, as commander itself reads it: what it does not know, and which arguments are missing. */
function troubles(call: readonly string[], isWhole: boolean): readonly string[] {
  const stdout = new PassThrough()
  const stderr = new PassThrough()
  const signal = new AbortController().signal
  const process = { env: {}, stdin: Readable.from([]), stdout, stderr, signal, version: '0' }
  let command = createProgram({ ...process, setExitCode: () => undefined, abandon: () => undefined })
  let rest = call
  while (command.commands.length > 0) {
    const [name = '', ...others] = rest
    const next = command.commands.find((each) => each.name() === name)
    if (next === undefined)
      return command.options.some((option) => option.long === name) ? [] : [`no command ${name}`]
    command = next
    rest = others
  }
  const { operands, unknown } = command.parseOptions([...rest])
  const needed = command.registeredArguments.filter(({ required }) => required).length
  return isWhole && operands.length < needed ? [...unknown, 'an argument is missing'] : unknown
}

describe('the blocks', () => {
  it('are found, also those that stand in lists', () => {
    const found = blocksIn('a', '1. one\n\n   ```sh\n   x\n     y\n   ```\n\n```\nz\n```\n')
    expect(found.map(({ line, language, body }) => [line, language, body])).toEqual([
      [3, 'sh', 'x\n  y\n'],
      [8, '', 'z\n'],
    ])
    expect(blocks.length).toBeGreaterThanOrEqual(60)
    const fences = PAGES.flatMap((page) => readFileSync(page, 'utf8').match(/^ *```/gm) ?? [])
    expect(BLOCKS.length * 2).toBe(fences.length)
  })

  it('that hold commands say so', () => {
    const others = BLOCKS.filter((block) => !isCommands(block))
    const holding = others.filter(({ body }) =>
      /^\s*(?:[$#] \w|(?:sudo|tripline|node|npm|docker|systemctl|curl|install) )/m.test(body),
    )
    expect(holding.filter(({ language }) => language !== 'yaml').map((block) => nameOf(block))).toEqual([])
  })

  it.each(blocks.map((block) => named(block)))('%s: bash reads it', (_, { body }) => {
    const { stderr } = spawnSync('bash', ['-n'], { input: body, encoding: 'utf8' })
    expect(stderr).toBe('')
  })
})

describe('the calls of Tripline', () => {
  const calls = blocks.flatMap((block) =>
    callsOfTripline(block.body).map((call) => ({ at: nameOf(block), call: call.join(' '), words: call })),
  )
  const inline = PAGES.flatMap((page) =>
    [
      ...readFileSync(page, 'utf8')
        .replaceAll(/^ *```[\s\S]*?^ *```$/gm, '')
        .matchAll(/`([^`\n]*)`/g),
    ].flatMap(([, code = '']) =>
      callsOfTripline(code)
        // The text of which an example is the digest.
        .filter((words) => words.length > 0 && code !== 'tripline example 1')
        .map((words) => ({ at: page, call: words.join(' '), words })),
    ),
  )

  it('are found', () => {
    expect(calls.length).toBeGreaterThanOrEqual(30)
    expect(inline.length).toBeGreaterThanOrEqual(50)
  })

  it('are told from what is none', () => {
    expect(troubles(['chek'], true)).toEqual(['no command chek'])
    expect(troubles(['intel', 'status', '--all'], true)).toEqual(['--all'])
    expect(troubles(['lookup', '--feed', 'x'], true)).toEqual(['an argument is missing'])
  })

  it.each(calls)('$at: tripline $call', ({ words }) => {
    expect(troubles(words, true)).toEqual([])
  })

  it('in the text have options that exist', () => {
    expect(
      inline.flatMap(({ at, call, words }) =>
        troubles(words, false).map((trouble) => `${at}: ${call}: ${trouble}`),
      ),
    ).toEqual([])
  })
})

describe('what the blocks name', () => {
  const commands = blocks.flatMap((block) =>
    commandsIn(block.body).map((words) => ({ at: nameOf(block), words })),
  )

  it('are files that are there', () => {
    const paths = commands.flatMap(({ at, words }) =>
      words.flatMap((word) =>
        /^(?:deploy|docs|examples|test|scripts|bench|schema)\/[\w./-]+$/.test(word)
          ? [{ at, path: word }]
          : [],
      ),
    )
    expect(paths.length).toBeGreaterThan(15)
    expect(paths.filter(({ path }) => !existsSync(path))).toEqual([])
  })

  it('are scripts of the package', () => {
    const { scripts } = JSON.parse(readFileSync('package.json', 'utf8')) as { scripts: object }
    const text = PAGES.map((page) => readFileSync(page, 'utf8')).join('\n')
    const names = [...text.matchAll(/\bnpm run (?:--silent )?([a-z][a-z:]*)/g)].map(([, name = '']) => name)
    expect(new Set(names).size).toBeGreaterThan(5)
    expect(names.filter((name) => !Object.keys(scripts).includes(name))).toEqual([])
  })
})

describe('the notes on blocks', () => {
  const notes = Object.entries(SET_UPS).flatMap(([page, { blocks: own = [], fill = {} }]) => [
    ...own.map(({ holds }) => ({ page, holds })),
    ...Object.keys(fill).map((holds) => ({ page, holds })),
  ])

  it.each([...notes, ...EXCEPTIONS])('$page: «$holds» stands in one block', ({ page, holds }) => {
    const found = BLOCKS.filter((block) => block.page === page && block.body.includes(holds))
    expect(found.map((block) => nameOf(block))).toHaveLength(1)
  })

  it('except a block for a reason, and few', () => {
    expect(EXCEPTIONS.filter(({ reason }) => reason.length < 10)).toEqual([])
    expect(EXCEPTIONS.length).toBeLessThanOrEqual(6)
  })

  it('except what is run elsewhere only when it is', () => {
    const ci = readFileSync('.ci/run', 'utf8')
    expect(EXCEPTIONS.flatMap(({ lanes = [] }) => lanes).filter((lane) => !ci.includes(lane))).toEqual([])
    for (const { page, holds, asIn } of EXCEPTIONS) {
      if (asIn === undefined) continue
      const others = blocks.filter((each) => each.page === asIn && !isExcepted(each))
      const lines = others.flatMap(({ body }) => body.trim().split('\n'))
      const block = blocks.find((each) => each.page === page && each.body.includes(holds))
      expect(
        block?.body
          .trim()
          .split('\n')
          .filter((line) => !lines.includes(line)),
      ).toEqual([])
    }
  })
})
