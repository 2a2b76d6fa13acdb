import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises'
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

async function tell(
  argv: readonly string[],
  stdout: Writable = new PassThrough(),
  stderr = new PassThrough(),
): Promise<Told> {
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
    expect(exitCode).toBe(1)
    expect(err).toMatch(/: The feed is not there\nPut it there or mend its path; [^\n]*\n$/)
    expect(err).toContain(path)
  })

  it('names the feed in which nothing is understood', async () => {
    const path = join(folder, 'bad.txt')
    await writeFile(path, '<html>\n')
    const { exitCode, err } = await tell(['lookup', '--feed', path, '192.0.32.7'])
    expect(exitCode).toBe(1)
    expect(err).toContain(`tripline: ${path}: Nothing in the feed was understood\n`)
  })

  it('names the feed that is damaged, also in a folder of good ones', async () => {
    await writeFile(join(folder, 'bad.json'), '{"half')
    await writeFile(join(folder, 'good.txt'), '192.0.32.7\n')
    const { exitCode, err } = await tell(['lookup', '--feed', folder, '192.0.32.7'])
    expect(exitCode).toBe(1)
    expect(err).toContain(`tripline: ${join(folder, 'bad.json')}: The feed is no JSON`)
  })

  it('uses a folder in which other files lie beside the feeds', async () => {
    await writeFile(join(folder, 'README'), 'Lists of bad addresses.\n')
    await writeFile(join(folder, 'notes.txt'), 'Ask Kim about these lists.\n')
    await writeFile(join(folder, 'good.txt'), '192.0.32.7\n')
    expect(await tell(['lookup', '--feed', folder, '192.0.32.7'])).toMatchObject({
      exitCode: 0,
      out: expect.stringContaining('hit: ipv4 192.0.32.7') as string,
    })
  })

  it('finds in the examples what their page says, with the configuration made for them', async () => {
    const { exitCode, out } = await tell(['lookup', '--config', 'examples/demo.yaml', '198.51.100.23'])
    expect({ exitCode, out }).toEqual({
      exitCode: 0,
      out: 'hit: ipv4 198.51.100.23\n  exact         198.51.100.23  examples examples/feeds/ips.txt:4\n',
    })
  })

  it('outlives a reader that has gone', async () => {
    const gone = new Writable({ write: (_chunk, _encoding, done) => done(new Error('EPIPE')) })
    expect(await tell(['config', '--schema'], gone)).toMatchObject({ exitCode: 0, err: '' })
  })
})

async function checkFeeds(...paths: readonly string[]): Promise<Told> {
  const config = join(folder, 'tripline.yaml')
  const feeds = paths.map((path) => ({ path: join(folder, path) }))
  await writeFile(config, JSON.stringify({ stateDir: folder, providers: { f: { type: 'feed', feeds } } }))
  return tell(['check', '--config', config])
}

describe('check', () => {
  it('names the feed that is not there', async () => {
    const { exitCode, out } = await checkFeeds('gone.txt')
    expect(exitCode).toBe(1)
    expect(out).toContain(`ERROR    providers.f: ${join(folder, 'gone.txt')}: The feed is not there\n`)
  })

  it('says of an empty feed that it is none yet', async () => {
    await writeFile(join(folder, 'empty.txt'), '')
    const { exitCode, out } = await checkFeeds('empty.txt')
    expect(exitCode).toBe(0)
    expect(out).toMatch(
      /warning  providers\.f: .*empty\.txt: plain, 0 indicators\n +Nothing will match because of it/,
    )
  })

  it('names the feed that is no feed, and shows its first lines', async () => {
    const path = join(folder, 'bad.txt')
    await writeFile(path, 'no value\n'.repeat(9))
    const { exitCode, out } = await checkFeeds('bad.txt')
    expect(exitCode).toBe(1)
    expect(out).toContain(`ERROR    providers.f: ${path}: Nothing in the feed was understood\n`)
    expect(out).toContain(`${path}:3: not an address, name, URL, e-mail address or hash`)
  })

  it('counts what each feed gives, and shows the first entries that were skipped', async () => {
    await mkdir(join(folder, 'feeds/sub'), { recursive: true })
    await mkdir(join(folder, 'none/sub'), { recursive: true })
    await writeFile(join(folder, 'feeds/good.txt'), '192.0.32.7\n192.0.32.8\n')
    await writeFile(join(folder, 'feeds/mixed.txt'), '192.0.32.9\nno value\n0.0.0.0/0\n')
    await writeFile(join(folder, 'feeds/notes.txt'), 'Ask Kim about these lists.\n')
    const { out } = await checkFeeds('feeds', 'none')
    const lines = out.replaceAll(folder, '').split('\n')
    expect(lines.slice(lines.findIndex((line) => line.includes('providers.f')))).toEqual([
      'ok       providers.f: /feeds/good.txt: plain, 2 indicators',
      'warning  providers.f: /feeds/mixed.txt: plain, 1 indicator; entries skipped: 1 not_a_value, 1 network_too_wide',
      '         /feeds/mixed.txt:2: not an address, name, URL, e-mail address or hash; /feeds/mixed.txt:3: the network is too wide to be an indicator (IPv4 /8, IPv6 /16 at most)',
      'warning  providers.f: /feeds/notes.txt: no feed, left out',
      '         Nothing in it was understood. Take it out of the folder if it is no feed.',
      'warning  providers.f: /none: no feed files in the folder',
      '         Folders in it are not read: name them one by one.',
      '',
    ])
  })

  it('shows on a terminal how far it is, and nothing of it afterwards', async () => {
    await writeFile(join(folder, 'a.txt'), '192.0.32.7\n')
    const terminal = Object.assign(new PassThrough(), { isTTY: true })
    await checkFeeds('a.txt')
    const { err } = await tell(['check', '--config', join(folder, 'tripline.yaml')], undefined, terminal)
    expect(err).toBe('\rread 1 indicators \r\u001B[K')
  })
})
