import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join, resolve } from 'node:path'
import { parse, stringify } from 'yaml'
import { BLOCKS, isCommands, isEnvironment, isSettings, type Block } from './blocks.ts'
import type { Base, Network } from './base.ts'
import type { BlockNote, PageSetUp } from './notes.ts'
import { EXCEPTIONS, SET_UPS } from './set-ups.ts'
import { BASE_SETTINGS, FEEDS_ONLY, merged, whole } from './settings.ts'

/** Runs the blocks of one page in their order, on a machine of its own (machine.sh). */

export interface Place {
  /** Sources with their packages, an installation, a certificate (base.ts). */
  readonly base: Base
  /** A folder for this page. */
  readonly work: string
  readonly network: Network
}

export interface Ran {
  readonly code: number
  readonly output: string
}

/** A block that is run, and what is known about it. */
export interface Step {
  readonly block: Block
  readonly note: BlockNote
}

export function stepsOf(page: string): readonly Step[] {
  const excepted = EXCEPTIONS.filter((each) => each.page === page)
  return BLOCKS.filter(
    (block) =>
      block.page === page &&
      (isCommands(block) || isSettings(block)) &&
      !excepted.some(({ holds }) => block.body.includes(holds)),
  ).map((block) => ({
    block,
    note: SET_UPS[page]?.blocks?.find(({ holds }) => block.body.includes(holds)) ?? { holds: '' },
  }))
}

/** What each step gave, in the order of the steps. */
export async function runPage(page: string, place: Place): Promise<readonly Ran[]> {
  const { work, base, network } = place
  mkdirSync(work)
  const setUp = SET_UPS[page] ?? {}
  writeFileSync(join(work, 'base.yaml'), stringify(BASE_SETTINGS))
  writeFileSync(join(work, 'feeds.yaml'), stringify(FEEDS_ONLY))
  writeFileSync(join(work, 'page.sh'), scriptOf(stepsOf(page), setUp, work))
  const variables = {
    repo: resolve('.'),
    base: base.folder,
    modules: base.modules,
    work,
    machine: setUp.machine ?? 'installed',
    servers: network.keys,
  }
  const args = [
    `--net=/proc/${network.servers.pid}/ns/net`,
    'unshare',
    '--mount',
    '--pid',
    '--fork',
    '--kill-child',
    '--mount-proc',
  ]
  const child = spawn('nsenter', [...args, 'bash', join(work, 'page.sh')], {
    env: { PATH: process.env['PATH'], ...variables },
    stdio: ['ignore', 'pipe', 'pipe'],
  })
  let said = ''
  for (const stream of [child.stdout, child.stderr])
    stream.setEncoding('utf8').on('data', (text: string) => {
      said += text
    })
  const [code] = (await once(child, 'close')) as [number | null]
  const results = readFileSync(join(work, 'results'), 'utf8').split('\n').filter(Boolean)
  if (code !== 0)
    throw new Error(
      `The machine of ${page} ended with ${code} behind ${results.length} blocks:\n${said.slice(-4000)}`,
    )
  return results.map((line) => {
    const told = JSON.parse(line) as Ran
    return { code: told.code, output: Buffer.from(told.output, 'base64').toString() }
  })
}

function scriptOf(steps: readonly Step[], { before = '', fill = {} }: PageSetUp, work: string): string {
  const told = { settings: {}, variables: '' }
  const lines = steps.flatMap(({ block, note }, index) => [
    note.before ?? '',
    lineOf({ block, note }, index, told),
    note.after ?? '',
  ])
  function lineOf(
    { block, note }: Step,
    index: number,
    so: { settings: Readonly<Record<string, unknown>>; variables: string },
  ): string {
    const file = join(work, String(index))
    if (isSettings(block)) {
      const all = merged(so.settings, parse(block.body) as Readonly<Record<string, unknown>>)
      if (note.isApart !== true) so.settings = all
      writeFileSync(`${file}.yaml`, stringify(whole(all)))
      return note.isApart === true ? `apart ${index}` : `settings ${index}`
    }
    if (isEnvironment(block)) {
      so.variables += block.body
      writeFileSync(`${file}.sh`, so.variables)
      return `environment ${index}`
    }
    const filled = Object.entries(fill).reduce((text, [from, to]) => text.replaceAll(from, to), block.body)
    writeFileSync(`${file}.sh`, filled)
    return note.until === undefined ? `block ${index}` : `until_said ${index} '${note.until}'`
  }
  return [
    'exec 3>"$work/results"',
    '. "$repo/test/pages/run.sh"',
    '. "$repo/test/pages/machine.sh"',
    before,
    ...lines,
    '',
  ].join('\n')
}
