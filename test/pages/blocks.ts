import { execFileSync } from 'node:child_process'
import { readFileSync } from 'node:fs'

/** Every fenced block of every page, in order. */

export interface Block {
  readonly page: string
  /** Of the fence, from 1. */
  readonly line: number
  /** Empty when the fence names none. */
  readonly language: string
  /** Without the indentation of the list it stands in. */
  readonly body: string
}

const COMMANDS: ReadonlySet<string> = new Set(['sh', 'bash', 'shell', 'console'])

/** What an administrator reads. The changelog tells of the past. */
export const PAGES: readonly string[] = execFileSync('git', ['ls-files', '--', '*.md'], { encoding: 'utf8' })
  .split('\n')
  .filter((path) => path !== '' && path !== 'CHANGELOG.md' && !path.startsWith('test/'))

export const BLOCKS: readonly Block[] = PAGES.flatMap((page) => blocksIn(page, readFileSync(page, 'utf8')))

export function blocksIn(page: string, text: string): readonly Block[] {
  return [...text.matchAll(/^( *)(`{3,})([^\n`]*)\n([\s\S]*?)^\1\2 *$/gm)].map((found) => {
    const [, indent = '', , language = '', body = ''] = found
    return {
      page,
      line: text.slice(0, found.index).split('\n').length,
      language: language.trim(),
      body: body.replaceAll(new RegExp(`^${indent}`, 'gm'), ''),
    }
  })
}

export function isCommands({ language }: Block): boolean {
  return COMMANDS.has(language)
}

/** `NAME=value` lines and nothing else: settings, to be put where the environment comes from. */
export function isEnvironment(block: Block): boolean {
  return (
    isCommands(block) &&
    block.body
      .trim()
      .split('\n')
      .every((line) => /^[A-Z_]+=\S*$/.test(line))
  )
}

export function isSettings({ language }: Block): boolean {
  return language === 'yaml'
}

export function nameOf({ page, line }: Block): string {
  return `${page}:${line}`
}
