import { cpSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, statSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { basename, dirname, join, relative } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { inContext, parseDockerfile, type Stage, type Step } from '../support/dockerfile.ts'
import { npm, ran } from './checkout.ts'

/*
 * The steps of deploy/Dockerfile, without an engine: each stage is a folder, COPY copies what .dockerignore lets through, and the
 * commands of npm are run. What needs the base image (apt, users) is left out.
 */

let folder = ''
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'tripline-image-'))
  for (const [index, stage] of parseDockerfile().stages.entries()) run(stage, rootOf(stage.name, index))
})
afterAll(() => rmSync(folder, { recursive: true, force: true }))

function rootOf(name: string, index = -1): string {
  return join(folder, name === '' ? `stage-${index}` : name)
}

function run({ steps }: Stage, root: string): void {
  let place = root
  for (const step of steps) {
    if (step.name === 'WORKDIR') mkdirSync((place = join(root, step.text)), { recursive: true })
    if (step.name === 'COPY') copy(step, root, place)
    if (step.name !== 'RUN' || !step.text.startsWith('npm ')) continue
    const [, ...words] = step.words
    if (words[0] === 'ci') npm(place, ...words)
    else ran('npm', words, place)
  }
}

/** A folder gives its content, a file goes into the target under its name, as the builder has it. */
function copy({ flags: { from }, words }: Step, root: string, place: string): void {
  const to = words.at(-1) ?? ''
  const target = to.startsWith('/') ? join(root, to) : join(place, to)
  const base = from === undefined ? process.cwd() : rootOf(from)
  for (const word of words.slice(0, -1)) {
    const source = join(base, word)
    const isFile = statSync(source).isFile()
    const end = isFile && to.endsWith('/') ? join(target, basename(word)) : target
    mkdirSync(dirname(end), { recursive: true })
    const passes = (path: string) => from !== undefined || inContext(relative(base, path))
    cpSync(source, end, { recursive: true, filter: passes })
  }
}

function app(): string {
  return join(rootOf('', 2), 'opt/tripline')
}

describe('the image', () => {
  it('has the command, and only packages that run', () => {
    const { version } = JSON.parse(readFileSync('package.json', 'utf8')) as { version: string }
    expect(ran(process.execPath, [join(app(), 'dist/cli.js'), '--version'], folder).trim()).toBe(version)
    const installed = readdirSync(join(app(), 'node_modules'))
    expect(installed).toEqual(expect.arrayContaining(['lmdb', 'unix-dgram']))
    expect(installed.filter((name) => ['fastify', 'zod', 'typescript'].includes(name))).toEqual([])
    const own = ['LICENSE', 'deploy', 'dist', 'examples', 'node_modules', 'package.json', 'sbom.cdx.json']
    expect(readdirSync(app()).toSorted()).toEqual(own.toSorted())
  })

  it('scans an example', () => {
    const args = ['dist/cli.js', 'scan', '--config', 'examples/demo.yaml', 'examples/alerts/alerts.jsonl']
    expect(ran(process.execPath, args, app())).toContain('"value":"198.51.100.23"')
  })

  it('has the package for the queue of Wazuh, compiled', () => {
    expect(ran(process.execPath, ['-p', 'typeof require("unix-dgram").createSocket'], app()).trim()).toBe(
      'function',
    )
  })
})
