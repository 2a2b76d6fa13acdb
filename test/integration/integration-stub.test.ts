import { execFileSync } from 'node:child_process'
import {
  chmodSync,
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs'
import { basename, join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { LIMITS } from '../../src/config/limits.ts'
import { parseSize } from '../../src/core/units.ts'
import { integrationOf } from '../../src/sources/spool/names.ts'
import { KEY, STUB, USUAL_ARGUMENTS, useWazuhHome } from '../support/integration-stub.ts'

const wazuh = useWazuhHome()

const ALERT = '{"id":"1763719200.1","rule":{"id":"100001"},"agent":{"id":"001"}}\n'
const SILENT = { code: 0, stdout: '', stderr: '' }

/** Every shell of this machine that takes a POSIX script. */
const SHELLS = ['sh', 'dash', 'bash', 'ksh', 'mksh', 'yash'].filter((name) => existsSync(join('/bin', name)))

/** What integratord of the versions gives after the alert file (recorded, 4.14.7; the older ones by its source). */
const FORMS: readonly (readonly [string, readonly string[]])[] = [
  ['4.8 and later', USUAL_ARGUMENTS],
  ['4.8 and later, debug', [KEY, 'https://opencti.example.org', 'debug', '', '10', '3']],
  ['4.8 and later, options', [KEY, '', '', '/tmp/custom-opencti-1-2.options', '10', '3', '> /dev/null 2>&1']],
  ['4.7', [KEY, 'https://opencti.example.org', '', '/tmp/custom-opencti-1-2.options', '> /dev/null 2>&1']],
  ['4.3 to 4.6', [KEY, 'https://opencti.example.org', ' > /dev/null 2>&1']],
  ['4.3 to 4.6, debug', [KEY, 'https://opencti.example.org', 'debug']],
  ['a key of three words', ['my', KEY, 'key', 'https://o.example', '', '', '10 3 > /dev/null 2>&1']],
  ['everything empty', ['', '', '', '', '', '', '']],
  ['nothing', []],
  ['far too much', Array.from({ length: 300 }, () => '--config')],
  ['options of programs', ['-n', '--', '-rf', '*', '$(touch pwned)', '`touch pwned`', ';touch pwned']],
]

/** One alert where no daemon serves the spool. */
function once(bin: string, more: Readonly<Record<string, string>> = {}) {
  return wazuh.stub([wazuh.alert(ALERT), ...USUAL_ARGUMENTS], { env: { TRIPLINE_BIN: bin, ...more } })
}

function log(): string {
  return join(wazuh.home, 'logs/debug-custom-opencti.log')
}

/** A `date` in place of the system's: what it says with nanoseconds, without, and what it does before. */
function fakeDate(answer: string, before = ''): Readonly<Record<string, string>> {
  mkdirSync(wazuh.path('fake'))
  const text = `#!/bin/sh\n${before}\ncase $1 in *N) echo '${answer}' ;; *) echo 1763719200 ;; esac\n`
  writeFileSync(wazuh.path('fake/date'), text)
  chmodSync(wazuh.path('fake/date'), 0o755)
  return { PATH: `${wazuh.path('fake')}:/usr/bin:/bin` }
}

describe('the scripts', () => {
  it('are two with one text, and valid for a POSIX shell', () => {
    expect(readFileSync(STUB.replace('opencti', 'misp'), 'utf8')).toBe(readFileSync(STUB, 'utf8'))
    for (const shell of SHELLS) execFileSync(shell, ['-n', STUB])
    expect(SHELLS.length).toBeGreaterThan(0)
  })

  it.each(SHELLS)('work with %s', async (shell) => {
    wazuh.serve()
    expect(await wazuh.stub([wazuh.alert(ALERT), ...USUAL_ARGUMENTS], { shell })).toEqual(SILENT)
    expect(wazuh.spooled().map(([, content]) => content)).toEqual([ALERT])
  })
})

describe('an alert', () => {
  it.each(FORMS)('comes into the spool with the arguments of %s', async (_form, rest) => {
    wazuh.serve()
    expect(await wazuh.stub([wazuh.alert(ALERT), ...rest])).toEqual(SILENT)
    expect(wazuh.spooled()).toEqual([[expect.stringMatching(/^\d{10}\.\d{9}\.\d+\.custom-opencti$/), ALERT]])
    expect(existsSync(wazuh.path('pwned'))).toBe(false)
    expect([...wazuh.files().values()].filter((text) => text.includes(KEY))).toEqual([])
  })

  it('is readable for the group of the folder and for nobody else', async () => {
    wazuh.serve()
    await wazuh.stub([wazuh.alert(ALERT)])
    expect(statSync(join(wazuh.spool, 'new', wazuh.spooled()[0]?.[0] ?? '')).mode & 0o777).toBe(0o640)
  })

  it.each(['integrations', 'bin', 'active-response/bin', 'wodles/misp'])(
    'is named after the script, wherever that lies: %s',
    async (place) => {
      wazuh.serve()
      const file = wazuh.alert(ALERT)
      expect(await wazuh.stub([file, '', '', 'debug'], { at: `${place}/custom-misp` })).toEqual(SILENT)
      expect(wazuh.spooled()[0]?.[0]).toMatch(/\.custom-misp$/)
      expect(existsSync(join(wazuh.home, 'logs/debug-custom-misp.log'))).toBe(true)
    },
  )

  it('is handed over by a script that is called by a relative path, as integratord does', async () => {
    wazuh.serve()
    const file = wazuh.alert(ALERT)
    await wazuh.stub([file])
    const script = 'integrations/custom-opencti'
    const env = { TRIPLINE_SPOOL: wazuh.spool, PATH: '/usr/bin:/bin' }
    execFileSync(script, [file, '', '', 'debug'], { cwd: wazuh.home, env })
    execFileSync('sh', ['custom-opencti', file, '', '', 'debug'], {
      cwd: join(wazuh.home, 'integrations'),
      env,
    })
    const lines = readFileSync(log(), 'utf8').split('\n')
    expect(lines).toHaveLength(3)
    expect(wazuh.spooled()).toHaveLength(3)
  })

  it('of many at once comes through, each whole', async () => {
    wazuh.serve()
    const texts = Array.from({ length: 50 }, (_, n) => `{"id":"${n}","text":"${'x'.repeat(20_000)}"}\n`)
    const ended = await Promise.all(
      texts.map((text, n) => wazuh.stub([wazuh.alert(text, `${n}.alert`), ...USUAL_ARGUMENTS])),
    )
    expect(ended.filter(({ code, stdout, stderr }) => code !== 0 || stdout + stderr !== '')).toEqual([])
    expect(new Set(wazuh.spooled().map(([, content]) => content))).toEqual(new Set(texts))
  })

  it('that is too large is cut one byte beyond what the daemon takes', async () => {
    wazuh.serve()
    expect(await wazuh.stub([wazuh.alert('x'.repeat(9 * 1024 ** 2))])).toEqual(SILENT)
    expect(wazuh.spooled()[0]?.[1].length).toBe(8 * 1024 ** 2 + 1)
  })

  it.each(['/nonexistent.alert', '/dev/zero', '/tmp'])(
    'that is no file leaves an empty one, which the daemon tells: %s',
    async (file) => {
      wazuh.serve()
      expect(await wazuh.stub([file, ...USUAL_ARGUMENTS])).toEqual(SILENT)
      expect(wazuh.spooled().map(([, content]) => content)).toEqual([''])
    },
  )

  it.each([
    '1763719200.',
    '1763719200.N',
    '1763719200.%N',
    '1763719200',
    '',
    '1763719200.0123456789',
    '1.2.3',
  ])('has a name that the daemon can read, where date knows no nanoseconds: %j', async (answer) => {
    wazuh.serve()
    expect(await wazuh.stub([wazuh.alert(ALERT)], { env: fakeDate(answer) })).toEqual(SILENT)
    expect(wazuh.spooled()).toEqual([
      [expect.stringMatching(/^1763719200\.000000000\.\d+\.custom-opencti$/), ALERT],
    ])
    expect(integrationOf(wazuh.spooled()[0]?.[0] ?? '')).toBe('custom-opencti')
  })

  it.each([
    ['new', '1763719200.', '000000000', '000000001'],
    ['new', '1763719200.000000009', '000000009', '000000010'],
    ['new', '1763719200.999999999', '999999999', '000000000'],
    ['tmp', '1763719200.', '000000000', '000000001'],
  ])(
    'overwrites none in %s of the same time and process id, as containers that share a spool have: date says %s',
    async (folder, answer, taken, next) => {
      wazuh.serve()
      // Whoever runs `date` is the script.
      const name = `1763719200.${taken}.$PPID.custom-opencti`
      const env = fakeDate(answer, `printf first >'${wazuh.spool}/${folder}'/${name}`)
      expect(await wazuh.stub([wazuh.alert(ALERT)], { env })).toEqual(SILENT)
      const names = [...wazuh.files()].flatMap(([path, text]) =>
        path.startsWith(`${wazuh.spool}/`) && text !== '' ? [`${basename(path).split('.')[1]} ${text}`] : [],
      )
      expect(names.toSorted()).toEqual([`${taken} first`, `${next} ${ALERT}`].toSorted())
    },
  )

  it('gives up when a hundred names are taken, and hands it to the command', async () => {
    wazuh.serve()
    const { bin, calls } = wazuh.command()
    const taken = `n=0; while [ $n -le 120 ]; do : >'${wazuh.spool}/new'/1763719200.$(printf %09d $n).$PPID.custom-opencti; n=$((n + 1)); done`
    expect(await once(bin, fakeDate('', taken))).toEqual(SILENT)
    expect(calls()).toHaveLength(1)
    expect(readdirSync(join(wazuh.spool, 'tmp'))).toEqual([])
  })

  it('in a file whose name begins with a dash is read', async () => {
    wazuh.serve()
    wazuh.alert(ALERT, '-n')
    expect(await wazuh.stub(['-n'])).toEqual(SILENT)
    expect(wazuh.spooled()[0]?.[1]).toBe(ALERT)
  })
})

describe('a script without an alert file', () => {
  it.each([[[]], [['']]])('is installed wrongly, and says so in one line: %j', async (args) => {
    wazuh.serve()
    const { code, stdout, stderr } = await wazuh.stub(args)
    expect([code, stdout]).toEqual([1, ''])
    expect(stderr).toMatch(/^custom-opencti: no alert file .*\n$/)
  })
})

describe('the settings', () => {
  it('come from a file, which is read and not executed', async () => {
    wazuh.serve()
    writeFileSync(
      join(wazuh.home, 'etc/tripline-integration.conf'),
      `# a comment\nTRIPLINE_SPOOL=${wazuh.spool}\n$(touch ${wazuh.path('pwned')})\nTRIPLINE_BIN=\`touch ${wazuh.path('pwned')}\`\nDEBUG=1`,
    )
    expect(await wazuh.stub([wazuh.alert(ALERT)], { env: { TRIPLINE_SPOOL: '' } })).toEqual(SILENT)
    expect(wazuh.spooled()).toHaveLength(1)
    expect(existsSync(wazuh.path('pwned'))).toBe(false)
    expect(existsSync(join(wazuh.home, 'logs/debug-custom-opencti.log'))).toBe(true)
  })
})

it('the scripts hand over one byte more than the daemon may be set to take', () => {
  const bytes = Number(/^most_bytes=(\d+)$/m.exec(readFileSync(STUB, 'utf8'))?.[1])
  expect(parseSize(LIMITS['sources[spool].maxAlertBytes']?.most ?? '')).toBe(bytes - 1)
})

describe('without a daemon', () => {
  it('the command looks the alert up, and is given nothing of the key', async () => {
    const { bin, calls } = wazuh.command()
    expect(await once(bin, { TRIPLINE_CONFIG: '/etc/my.yaml' })).toEqual(SILENT)
    expect(calls()).toEqual([
      [
        'integration',
        '--name',
        'custom-opencti',
        '--config',
        '/etc/my.yaml',
        '--',
        wazuh.path('custom-opencti-1763719200-1.alert'),
        '',
        '',
      ],
    ])
    expect([...wazuh.files().values()].filter((text) => text.includes(KEY))).toEqual([])
    // Tripline refuses variables of its own that it does not know.
    expect(readFileSync(wazuh.path('calls/environment'), 'utf8')).not.toContain('TRIPLINE_')
  })

  it('nothing of a key with blanks is passed on, wherever its words stand', async () => {
    const { bin, calls } = wazuh.command()
    const words = ['word-one', 'word-two', 'word-three', 'word-four', 'https://o.example', 'debug', '', '10']
    await wazuh.stub([wazuh.alert(ALERT), ...words], { env: { TRIPLINE_BIN: bin } })
    expect(calls()).toHaveLength(1)
    expect(calls()[0]?.at(-1)).toBe('debug')
    expect([...wazuh.files().values()].filter((text) => text.includes('word-'))).toEqual([])
  })

  it.each([
    ['no folder', () => undefined],
    ['folders that no daemon has taken', () => mkdirSync(join(wazuh.spool, 'new'), { recursive: true })],
    [
      'no folder to write to',
      () => {
        wazuh.serve()
        rmSync(join(wazuh.spool, 'new'), { recursive: true })
      },
    ],
    [
      'a folder that cannot be renamed into',
      () => {
        wazuh.serve()
        rmSync(join(wazuh.spool, 'new'), { recursive: true })
        writeFileSync(join(wazuh.spool, 'new'), '')
      },
    ],
  ])('means also: %s', async (_what, prepare) => {
    prepare()
    const { bin, calls } = wazuh.command()
    expect(await once(bin)).toEqual(SILENT)
    expect(calls()).toHaveLength(1)
    const left = existsSync(join(wazuh.spool, 'tmp')) ? readdirSync(join(wazuh.spool, 'tmp')) : []
    expect(left).toEqual([])
  })

  it.each(['', '99999999999\n', '4102444800\n', '4102444800', 'what\n'])(
    'does not mean that the daemon is stopped: it has left its mark, %j',
    async (until) => {
      wazuh.serve(until)
      const { bin, calls } = wazuh.command()
      expect(await once(bin)).toEqual(SILENT)
      expect(calls()).toEqual([])
      expect(wazuh.spooled()).toHaveLength(1)
    },
  )

  it.each(['0\n', '1763719200\n', '1763719200'])('means also that its mark is over: %j', async (until) => {
    wazuh.serve(until)
    const { bin, calls } = wazuh.command()
    expect(await once(bin)).toEqual(SILENT)
    expect(calls()).toHaveLength(1)
    expect(wazuh.spooled()).toEqual([])
  })

  it('does not mean that the mark cannot be read', async () => {
    wazuh.serve()
    chmodSync(join(wazuh.spool, 'served'), 0)
    const { bin, calls } = wazuh.command()
    const options = { env: { TRIPLINE_BIN: bin }, unprivileged: true }
    expect(await wazuh.stub([wazuh.alert(ALERT)], options)).toEqual(SILENT)
    expect(calls()).toEqual([])
    expect(wazuh.spooled()).toHaveLength(1)
  })

  it('and without the command it is installed wrongly, and says so in one line', async () => {
    const { code, stdout, stderr } = await wazuh.stub([wazuh.alert(ALERT), ...USUAL_ARGUMENTS])
    expect([code, stdout]).toEqual([1, ''])
    expect(stderr).toMatch(/^custom-opencti: no daemon serves .* tripline is not found\n$/)
  })

  it.each([1, 2, 126, 127])('a command that ends with %i is told, but never as 127', async (status) => {
    const { code, stdout, stderr } = await once(wazuh.command(status).bin)
    expect([code, stdout]).toEqual([1, ''])
    expect(stderr).toMatch(new RegExp(`^custom-opencti: .* ended with ${status};.*\\n$`))
  })
})

describe('the debug log', () => {
  it('has one line a run, with the argument or DEBUG=1, and none without', async () => {
    wazuh.serve()
    const file = wazuh.alert(ALERT)
    await wazuh.stub([file, KEY, '', 'debug'])
    await wazuh.stub([file, KEY], { env: { DEBUG: '1' } })
    await wazuh.stub([file, ...USUAL_ARGUMENTS], { env: { DEBUG: '0' } })
    await wazuh.stub([file, 'debug', 'debug'])
    const lines = readFileSync(log(), 'utf8').split('\n').slice(0, -1)
    expect(lines).toHaveLength(2)
    for (const line of lines)
      expect(line).toMatch(
        /^\d{4}-\d\d-\d\dT[\d:]{8}Z custom-opencti\[\d+\] \d arguments: in the spool as \S+$/,
      )
    expect(lines.join()).not.toContain(KEY)
    expect(statSync(log()).mode & 0o777).toBe(0o640)
  })

  it('is rotated when it is large', async () => {
    wazuh.serve()
    writeFileSync(log(), 'x'.repeat(1024 ** 2 + 1))
    await wazuh.stub([wazuh.alert(ALERT)], { env: { DEBUG: '1' } })
    expect(readFileSync(`${log()}.1`, 'utf8')).toHaveLength(1024 ** 2 + 1)
    expect(readFileSync(log(), 'utf8').split('\n')).toHaveLength(2)
  })

  it('that cannot be written keeps no alert back', async () => {
    wazuh.serve()
    rmSync(join(wazuh.home, 'logs'), { recursive: true })
    expect(await wazuh.stub([wazuh.alert(ALERT)], { env: { DEBUG: '1' } })).toEqual(SILENT)
    expect(wazuh.spooled()).toHaveLength(1)
  })

  it.each(SHELLS)(
    'that another user made, as root does when it tries the script, keeps no alert back: %s',
    async (shell) => {
      const { bin, calls } = wazuh.command()
      writeFileSync(log(), 'before\n')
      chmodSync(log(), 0o440)
      const env = { TRIPLINE_BIN: bin, DEBUG: '1' }
      const file = wazuh.alert(ALERT)
      expect(await wazuh.stub([file], { env, shell, unprivileged: true })).toEqual(SILENT)
      expect(calls()).toHaveLength(1)
      wazuh.serve()
      expect(await wazuh.stub([file], { env, shell, unprivileged: true })).toEqual(SILENT)
      expect(wazuh.spooled().map(([, content]) => content)).toEqual([ALERT])
      expect(readFileSync(log(), 'utf8')).toBe('before\n')
    },
  )

  it('has what the command says, too', async () => {
    const { bin } = wazuh.command()
    expect(await wazuh.stub([wazuh.alert(ALERT), KEY, '', 'debug'], { env: { TRIPLINE_BIN: bin } })).toEqual(
      SILENT,
    )
    expect(readFileSync(log(), 'utf8')).toMatch(/^trouble\n.* looked up by a process of its own\n$/)
  })
})
