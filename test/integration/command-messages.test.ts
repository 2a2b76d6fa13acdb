import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { PassThrough, Readable, Writable } from 'node:stream'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { runProgram } from '../../src/commands/program.ts'

/** What a person reads when something is not as the command needs it. */

let folder: string
beforeEach(async () => void (folder = await mkdtemp(join(tmpdir(), 'tripline-messages-'))))
afterEach(() => rm(folder, { recursive: true }))

interface Told {
  readonly exitCode: number
  readonly out: string
  readonly err: string
}

async function tell(argv: readonly string[], stdout: Writable = new PassThrough()): Promise<Told> {
  const stderr = new PassThrough()
  const io = { env: {}, stdin: Readable.from([]), stdout, stderr, version: '0' }
  const { exitCode } = await runProgram(argv, { ...io, signal: new AbortController().signal })
  return { exitCode, out: stdout instanceof PassThrough ? textIn(stdout) : '', err: textIn(stderr) }
}

function textIn(stream: PassThrough): string {
  const bytes: unknown = stream.read()
  return Buffer.isBuffer(bytes) ? bytes.toString() : ''
}

describe('a one-shot command', () => {
  it('says that nothing can match when there are no indicators', async () => {
    const { exitCode, out, err } = await tell(['lookup', '192.0.32.7'])
    expect({ exitCode, out }).toEqual({ exitCode: 0, out: 'miss: ipv4 192.0.32.7\n' })
    expect(err).toContain('no indicators are loaded, so nothing can match')
  })

  it('says nothing of the kind when there are some', async () => {
    const feed = join(folder, 'feed.txt')
    await writeFile(feed, '192.0.32.7\n')
    expect(await tell(['lookup', '--feed', feed, '192.0.32.7'])).toMatchObject({
      err: '',
      out: `hit: ipv4 192.0.32.7\n  exact         192.0.32.7  command-line ${feed}:1\n`,
    })
  })

  it('names the alert file that is not there', async () => {
    const path = join(folder, 'gone.json')
    const { exitCode, err } = await tell(['scan', path])
    expect(exitCode).toBe(1)
    expect(err).toContain(`tripline: ${path}: The file does not exist\n`)
  })

  it('names the feed that is not there', async () => {
    const path = join(folder, 'gone.txt')
    const { exitCode, err } = await tell(['lookup', '--feed', path, '192.0.32.7'])
    expect({ exitCode, err }).toEqual({ exitCode: 1, err: `tripline: ${path}: The feed is not there\n` })
  })

  it('outlives a reader that has gone', async () => {
    const gone = new Writable({ write: (_chunk, _encoding, done) => done(new Error('EPIPE')) })
    expect(await tell(['config', '--schema'], gone)).toMatchObject({ exitCode: 0, err: '' })
  })
})

describe('check', () => {
  it('names the feed that is not there', async () => {
    const config = join(folder, 'tripline.yaml')
    const feed = join(folder, 'gone.txt')
    await writeFile(
      config,
      `providers: { feeds: { type: feed, feeds: [{ path: ${feed} }] } }\nstateDir: ${folder}\n`,
    )
    const { exitCode, out } = await tell(['check', '--config', config])
    expect(exitCode).toBe(1)
    expect(out).toContain(`ERROR    providers.feeds: ${feed}: The feed is not there\n`)
  })
})
