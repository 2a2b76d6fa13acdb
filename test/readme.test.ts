import { existsSync, readdirSync, readFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { indicatorValues } from '../src/canonical/indicator-value.ts'
import { EXIT } from '../src/commands/io.ts'
import { loadConfig } from '../src/config/load.ts'
import { HOLD_REASONS, MATCH_KINDS } from '../src/core/match.ts'
import { createMemoryBodies } from './support/memory-bodies.ts'
import { createMirror } from '../src/intel/mirror/mirror.ts'
import { createActions } from '../src/intel/warninglists/actions.ts'
import { indicatorOf } from './support/index.ts'
import { recordedTelemetry } from './support/telemetry.ts'

/** What the pages say is tried here: commands, settings, links, messages, examples of matches. */

const PAGES = [
  'README.md',
  'README.id.md',
  'SECURITY.md',
  'CONTRIBUTING.md',
  'examples/README.md',
  'deploy/wazuh/README.md',
  'docs/adr/README.md',
  ...readdirSync('docs')
    .filter((name) => name.endsWith('.md'))
    .map((name) => `docs/${name}`),
]
const pages = PAGES.map((path) => ({ path, text: readFileSync(path, 'utf8') }))

function textOf(path: string): string {
  return pages.find((page) => page.path === path)?.text ?? ''
}

/** Fenced blocks of one language. */
function blocks(text: string, language: string): string[] {
  return [...text.matchAll(/^```(\w+)\n([\s\S]*?)^```$/gm)].flatMap(([, name, body = '']) =>
    name === language ? [body] : [],
  )
}

/** Rows of all tables, cells without the blanks around them; `\|` stays one cell. */
function rows(text: string): string[][] {
  return [...text.matchAll(/^\|(.*)\|$/gm)].map(([, row = '']) =>
    row.split(/(?<!\\)\|/).map((cell) => cell.trim().replaceAll('\\|', '|')),
  )
}

function codeIn(text: string): string[] {
  // Double marks are around what has single ones in it.
  return [...text.replaceAll(/^```[\s\S]*?^```$/gm, '').matchAll(/(`+)(.+?)\1(?!`)/g)].map(
    ([, , code = '']) => code.trim(),
  )
}

function load(body: string) {
  return loadConfig({ file: 'page.yaml', env: {}, readFile: () => Promise.resolve(body) })
}

describe('the settings in the pages', () => {
  const yaml = pages.flatMap(({ path, text }) => blocks(text, 'yaml').map((body) => ({ path, body })))

  it.each(yaml)('are a configuration ($path)', async ({ body }) => {
    await expect(load(body)).resolves.toMatchObject({ warnings: [] })
  })

  it('say the same as a file and as variables in the README', async () => {
    const variables = blocks(textOf('README.md'), 'sh').find((block) => block.startsWith('TRIPLINE_FEEDS='))
    const env: Record<string, string> = {}
    for (const [, name = '', value = ''] of (variables ?? '').matchAll(/^(\w+)=(.*)$/gm)) env[name] = value
    const [file = ''] = blocks(textOf('README.md'), 'yaml')
    expect((await loadConfig({ env })).config).toEqual((await load(file)).config)
  })
})

describe('the links', () => {
  const links = pages.flatMap(({ path, text }) =>
    [...text.replaceAll(/^```[\s\S]*?^```$/gm, '').matchAll(/\]\(([^)\s]+)\)/g)]
      .map(([, link = '']) => ({ path, link }))
      .filter(({ link }) => !/^[a-z]+:/.test(link)),
  )

  it.each(links)('$path → $link leads somewhere', ({ path, link }) => {
    const [file = '', anchor] = link.split('#')
    const target = file === '' ? path : join(dirname(path), file)
    expect(existsSync(target)).toBe(true)
    expect([undefined, ...anchorsOf(target)]).toContain(anchor)
  })
})

/** GitHub's rule: lower case, blanks to hyphens, no punctuation. */
function anchorsOf(path: string): string[] {
  if (!path.endsWith('.md')) return []
  return [...readFileSync(path, 'utf8').matchAll(/^#+ (.*)$/gm)].map(([, heading = '']) =>
    heading
      .toLowerCase()
      .replaceAll(/[^\p{L}\p{N}\s_-]/gu, '')
      .replaceAll(' ', '-'),
  )
}

describe('the messages', () => {
  const sources = readdirSync('src', { recursive: true, encoding: 'utf8' })
    .filter((file) => file.endsWith('.ts') && !file.endsWith('.test.ts'))
    .map((file) => readFileSync(`src/${file}`, 'utf8'))
    .join('\n')
  const events = readdirSync('src/telemetry/events').map((file) =>
    readFileSync(`src/telemetry/events/${file}`, 'utf8'),
  )
  const logLines = textOf('docs/operations.md').split('## Log lines')[1] ?? ''
  const documented = new Set(rows(logLines).flatMap(([first = '']) => codeIn(first)))

  it('of the log table are in the code', () => {
    expect(documented.size).toBeGreaterThan(30)
    expect([...documented].filter((text) => text !== 'msg' && !sources.includes(text))).toEqual([])
  })

  it('in the code are all in the log table', () => {
    const sentences = events.flatMap((text) =>
      [...text.matchAll(/(['"])([A-Z][A-Za-z-]* (?:(?!\1)[^\n]){6,})\1/g)].map(
        ([, , sentence = '']) => sentence,
      ),
    )
    expect(sentences.length).toBeGreaterThan(90)
    expect(sentences.filter((sentence) => !documented.has(sentence))).toEqual([])
  })

  it('of the trouble table are in the code', () => {
    const table = /## Trouble\n([\s\S]*?)\n## /.exec(textOf('README.md'))?.[1] ?? ''
    const quoted = rows(table).flatMap(([first = '']) =>
      codeIn(first).filter((text) => /^\w+ \w+ \w+/.test(text)),
    )
    expect(quoted.length).toBeGreaterThan(7)
    const parts = quoted.flatMap((text) => text.split(/…|: /).map((part) => part.trim()))
    expect(parts.filter((part) => !sources.includes(part))).toEqual([])
  })
})

describe('docs/operations.md', () => {
  it('has every exit code', () => {
    const codes = rows(textOf('docs/operations.md')).map(([first]) => first)
    expect(Object.values(EXIT).filter((code) => !codes.includes(String(code)))).toEqual([])
  })
})

async function* once<Value>(value: Value): AsyncGenerator<Value> {
  yield value
}

describe('docs/matching.md', () => {
  const table = rows(textOf('docs/matching.md').split('## Equal forms')[0] ?? '')
  const examples = table.flatMap(([kind = '', , seen = '', known = '']) => {
    const [observable] = codeIn(seen)
    const [indicator] = codeIn(known)
    return observable === undefined || indicator === undefined
      ? []
      : [{ kind: codeIn(kind)[0] ?? '', observable, indicator }]
  })

  it('has every kind in its order, and every reason', () => {
    expect(table.flatMap(([kind = '']) => codeIn(kind))).toEqual([...MATCH_KINDS])
    const named = new Set(codeIn(textOf('docs/matching.md')))
    expect(HOLD_REASONS.filter((reason) => !named.has(reason))).toEqual([])
  })

  it('has every warning-list that suppresses by default, in its place', () => {
    const page = textOf('docs/matching.md')
    const namesAfter = (words: string): string[] =>
      codeIn(page.split('\n').find((line) => line.startsWith(`- ${words}: `)) ?? '')
    const actionOf = createActions({ suppress: [], annotate: [], ignore: [] })
    const below = (name: string) => actionOf({ name, isOwn: false })?.('below')
    const whole = (name: string) => actionOf({ name, isOwn: false })?.('whole')
    const suppressing = namesAfter('these suppress')
    const listedOnly = namesAfter('these suppress what they list only')
    expect(new Set(suppressing.map(below))).toEqual(new Set(['suppress']))
    expect(new Set(listedOnly.map(below))).toEqual(new Set(['annotate']))
    expect(new Set(listedOnly.map(whole))).toEqual(new Set(['suppress']))
    const defaults = readFileSync('src/intel/warninglists/actions.ts', 'utf8').matchAll(
      /'suppress(?:-listed)?',?\s*\]/g,
    )
    expect(suppressing.length + listedOnly.length).toBe([...defaults].length)
  })

  it.each([
    ...examples,
    { kind: undefined, observable: 'someone.github.io', indicator: 'github.io' },
    { kind: undefined, observable: 'evil.example.com', indicator: 'http://evil.example.com/a/' },
  ])('$observable and $indicator: $kind', async ({ kind, observable, indicator }) => {
    const mirror = createMirror({
      bodies: createMemoryBodies(),
      telemetry: recordedTelemetry(),
      providerIds: ['page'],
    })
    const composite = indicator.includes('|') ? { composite: indicator } : {}
    const known = indicatorValues(indicator.split('|')[0] ?? '').map((value) =>
      indicatorOf({ ...value, ...composite }),
    )
    await mirror.apply(
      'page',
      { kind: 'replace', unit: 'page', load: () => once(known) },
      new AbortController().signal,
    )
    const [seen] = indicatorValues(observable)
    const found = seen === undefined ? [] : mirror.find({ ...seen, where: ['page'] })
    expect(found[0]?.kind).toBe(kind)
    await mirror.close()
  })

  it('has an example for every kind that is used', () => {
    expect(examples.map(({ kind }) => kind)).toEqual(
      MATCH_KINDS.filter((kind) => kind !== 'pattern' && kind !== 'related'),
    )
  })
})
