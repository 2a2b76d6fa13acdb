import { execFileSync, spawnSync } from 'node:child_process'
import {
  appendFileSync,
  chmodSync,
  cpSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'

const SCRIPT = 'deploy/wazuh/install.sh'
const CONF = `<!-- Wazuh -->
<ossec_config>
  <global><logall>no</logall></global>
  <!-- <localfile><location>/var/log/tripline/wazuh-events.json</location></localfile> -->
</ossec_config>
<ossec_config>
  <localfile><log_format>syslog</log_format><location>/var/log/syslog</location></localfile>
</ossec_config>
`
const LOCATION = '<location>/var/log/tripline/wazuh-events.json</location>'

let folder = ''
let home = ''
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'tripline-wazuh-'))
  home = join(folder, 'ossec')
  file('etc/ossec.conf', CONF)
  file('etc/rules/local_rules.xml', '<group name="local,"></group>\n')
  mkdirSync(join(home, 'integrations'))
  chmodSync(join(home, 'etc/ossec.conf'), 0o660)
})
afterEach(() => rmSync(folder, { recursive: true, force: true }))

function file(path: string, content: string, mode = 0o640): void {
  mkdirSync(dirname(join(home, path)), { recursive: true })
  writeFileSync(join(home, path), content)
  chmodSync(join(home, path), mode)
}

function text(path: string): string {
  return readFileSync(join(home, path), 'utf8')
}

/** Stands in for a program of the system: says what it was called with, and does as told. */
function program(name: string, script: string): void {
  mkdirSync(join(folder, 'bin'), { recursive: true })
  writeFileSync(join(folder, 'bin', name), `#!/bin/sh\n${script}\n`, { mode: 0o755 })
}

function install(...args: readonly string[]) {
  const env = { ...process.env, PATH: `${join(folder, 'bin')}:${process.env['PATH']}`, TMPDIR: folder }
  const { status, stdout, stderr } = spawnSync(SCRIPT, ['--home', home, ...args], { encoding: 'utf8', env })
  return { status, stdout, stderr }
}

/** It ends with status 1 and says why. */
function refused(reason: string, ...args: readonly string[]): void {
  const { status, stderr } = install(...args)
  expect(stderr).toContain(reason)
  expect(status).toBe(1)
}

/** Every file and folder of Wazuh with mode, owner and content. */
function tree(): Readonly<Record<string, string>> {
  const paths = readdirSync(home, { recursive: true, encoding: 'utf8' }).toSorted()
  const entries = paths.map((path) => {
    const stats = statSync(join(home, path))
    const content = stats.isFile() ? text(path) : ''
    return [path, `${stats.mode.toString(8)} ${stats.uid} ${stats.gid} ${content}`] as const
  })
  return Object.fromEntries(entries)
}

describe('deploy/wazuh/install.sh', () => {
  it('has nothing that shellcheck would complain about', () => {
    if (spawnSync('shellcheck', ['--version'], { stdio: 'ignore' }).status !== 0) {
      if (process.env['CI'] === 'true') throw new Error('shellcheck is missing')
      process.stderr.write('SKIPPED: shellcheck is missing, the script is not looked at\n')
      return
    }
    expect(spawnSync('shellcheck', ['--shell=sh', SCRIPT], { encoding: 'utf8' }).stdout).toBe('')
  })

  it('without --apply shows what it would do, and does nothing', () => {
    const before = tree()
    const { status, stdout } = install()
    expect(status).toBe(0)
    expect(stdout).toContain(`add     ${home}/etc/rules/tripline_rules.xml`)
    expect(stdout).toContain(`+    ${LOCATION}`)
    expect(stdout).toContain('Nothing was changed.')
    expect(tree()).toEqual(before)
  })

  it('with --apply adds rules and the block at the end, and leaves the rest as it was', () => {
    expect(install('--apply')).toMatchObject({ status: 0, stderr: '' })
    expect(text('etc/rules/tripline_rules.xml')).toBe(
      readFileSync('deploy/wazuh/rules/tripline_rules.xml', 'utf8'),
    )
    expect(text('etc/rules/tripline_opencti_rules.xml')).toContain('id="100215"')
    const [start = '', added = ''] = text('etc/ossec.conf').split('<!-- Tripline: begin')
    expect(start).toBe(CONF)
    const inFile = /<localfile>[\s\S]*<\/localfile>/.exec(readFileSync('deploy/wazuh/localfile.xml', 'utf8'))
    expect(added).toContain(inFile?.[0] ?? 'no block')
    expect(statSync(join(home, 'etc/ossec.conf')).mode & 0o777).toBe(0o660)
  })

  it('applied twice changes nothing the second time', () => {
    install('--apply')
    const once = tree()
    expect(install('--apply').stdout).toContain('Everything is in place.')
    expect(tree()).toEqual(once)
  })

  it.each([
    ['as it is', CONF],
    ['without an end of the last line', CONF.trimEnd()],
    ['with lines as Windows ends them', CONF.replaceAll('\n', '\r\n')],
  ])('--undo gives every byte back, of a configuration %s', (_, conf) => {
    file('etc/ossec.conf', conf, 0o660)
    file('etc/rules/tripline_rules.xml', '<!-- from an earlier Tripline -->\n', 0o640)
    const before = tree()
    expect(install('--apply', '--drop-in', 'custom-misp').status).toBe(0)
    const applied = tree()
    expect(applied).not.toEqual(before)
    expect(install('--undo').stdout).toContain(`restore ${home}/etc/ossec.conf`)
    expect(tree()).toEqual(applied)
    expect(install('--undo', '--apply').status).toBe(0)
    expect(tree()).toEqual(before)
    refused('nothing to take back', '--undo', '--apply')
  })

  it('--undo keeps what others have changed since', () => {
    install('--apply')
    appendFileSync(join(home, 'etc/ossec.conf'), '<ossec_config></ossec_config>\n')
    expect(install('--undo', '--apply').status).toBe(0)
    expect(text('etc/ossec.conf')).toBe(`${CONF}<ossec_config></ossec_config>\n`)
    install('--apply')
    appendFileSync(join(home, 'etc/rules/tripline_rules.xml'), '<!-- mine -->\n')
    refused('tripline_rules.xml', '--undo', '--apply')
    expect(text('etc/rules/tripline_rules.xml')).toContain('<!-- mine -->')
  })
})

describe('an odd ossec.conf', () => {
  it.each([
    ['', 'has no <ossec_config>'],
    ['<!-- <ossec_config></ossec_config> -->\n', 'has no <ossec_config>'],
    ['<ossec_config>\n', 'not closed'],
    ['<ossec_config>\n</ossec_config>\n</ossec_config>\n', 'closed twice'],
    ['<ossec_config>\n<ossec_config>\n</ossec_config>\n', 'not closed'],
    ['<ossec_config></ossec_config>\n<localfile></localfile>\n', 'text outside'],
    ['<agent_config></agent_config>\n', 'has no <ossec_config>'],
    ['<ossec_config><!-- </ossec_config>\n', 'comment that is not closed'],
    [`${CONF}<!-- Tripline: begin. Kept by deploy/wazuh/install.sh -->\n`, 'only one end'],
  ])('%j is refused', (conf, reason) => {
    file('etc/ossec.conf', conf)
    const before = tree()
    refused(reason, '--apply')
    expect(tree()).toEqual(before)
  })

  it('is refused when it is a link, or not there', () => {
    renameSync(join(home, 'etc/ossec.conf'), join(home, 'etc/other.conf'))
    refused('not a file', '--apply')
    symlinkSync('other.conf', join(home, 'etc/ossec.conf'))
    refused('symbolic link', '--apply')
    expect(install('--home', join(folder, 'nowhere'))).toMatchObject({ status: 1 })
  })
})

describe('what is there already', () => {
  it('is kept: rules of the same numbers', () => {
    file('etc/rules/misp.xml', '<group name="misp,"><rule id="100620" level="10"></rule></group>')
    file(
      'etc/rules/opencti.xml',
      '<group name="x,"><!-- <rule id="1"> --><rule id="100212" level="12"></rule></group>',
    )
    expect(install('--apply').stdout).toContain('keep    your rules 100620')
    expect(text('etc/rules/tripline_rules.xml')).not.toContain('id="100620"')
    expect(text('etc/rules/tripline_rules.xml')).toContain('id="119621"')
    expect(existsSync(join(home, 'etc/rules/tripline_opencti_rules.xml'))).toBe(false)
  })

  it('is no ground for harm: rules with the numbers of Tripline itself', () => {
    file('etc/rules/own.xml', '<group name="own,"><rule id="119620" level="3"></rule></group>')
    refused('119620', '--apply')
    expect(existsSync(join(home, 'etc/rules/tripline_rules.xml'))).toBe(false)
  })

  it('is kept: a block that reads the events', () => {
    file('etc/ossec.conf', `${CONF}<ossec_config><localfile>${LOCATION}</localfile></ossec_config>\n`)
    expect(install('--apply').stdout).toContain('it has all that is needed')
    expect(text('etc/ossec.conf')).not.toContain('Tripline: begin')
  })

  it('is brought up to date by a later --apply, and the first state is what --undo gives back', () => {
    const before = tree()
    install('--apply')
    const elsewhere = join(folder, 'newer')
    cpSync('deploy/wazuh', elsewhere, { recursive: true })
    appendFileSync(join(elsewhere, 'rules/tripline_rules.xml'), '<!-- newer -->\n')
    const newer = (...args: string[]) =>
      execFileSync(join(elsewhere, 'install.sh'), ['--home', home, ...args])
    expect(String(newer('--apply'))).toContain(`change  ${home}/etc/rules/tripline_rules.xml`)
    expect(text('etc/rules/tripline_rules.xml')).toContain('<!-- newer -->')
    newer('--undo', '--apply')
    expect(tree()).toEqual(before)
  })
})

describe('the check by Wazuh', () => {
  it('is asked with -t, and what it refuses is taken back', () => {
    file('bin/wazuh-analysisd', `#!/bin/sh\necho "$@" >${folder}/asked\n`, 0o750)
    const before = tree()
    expect(install('--apply').stdout).toContain('checked with wazuh-analysisd -t')
    expect(readFileSync(join(folder, 'asked'), 'utf8')).toBe('-t\n')
    const applied = tree()
    file('bin/wazuh-analysisd', '#!/bin/sh\necho "ERROR: (1230): Invalid element"; exit 1\n', 0o750)
    refused('Invalid element', '--apply', '--drop-in', 'custom-opencti')
    file('bin/wazuh-analysisd', `#!/bin/sh\necho "$@" >${folder}/asked\n`, 0o750)
    expect(tree()).toEqual(applied)
    install('--undo', '--apply')
    expect(tree()).toEqual(before)
  })

  it('that refuses a first installation leaves nothing behind', () => {
    file('bin/wazuh-analysisd', '#!/bin/sh\nexit 1\n', 0o750)
    const before = tree()
    expect(install('--apply').status).toBe(1)
    expect(tree()).toEqual(before)
  })
})

describe('options', () => {
  it('--drop-in puts script and block in place, without key and address', () => {
    expect(install('--apply', '--queue', '--drop-in', 'custom-opencti').status).toBe(0)
    expect(text('integrations/custom-opencti')).toBe(
      readFileSync('deploy/wazuh/integrations/custom-opencti', 'utf8'),
    )
    expect(statSync(join(home, 'integrations/custom-opencti')).mode & 0o777).toBe(0o750)
    const block = text('etc/ossec.conf').slice(CONF.length)
    expect(block.match(/<integration>/g)).toHaveLength(1)
    expect(block).toContain('<name>custom-opencti</name>')
    expect(block).toContain('sysmon_eid22_detections')
    expect(block).not.toMatch(/api_key|hook_url|localfile/)
  })

  it('on a host with an agent only the block is added', () => {
    rmSync(join(home, 'etc/rules'), { recursive: true })
    expect(install('--apply', '--events', '/srv/events.json').stdout).toContain('skip    rules')
    expect(text('etc/ossec.conf')).toContain('<location>/srv/events.json</location>')
  })

  it('the user of Tripline gets the group of ossec.conf, and loses it by --undo', () => {
    const group = execFileSync('stat', ['-c', '%G', join(home, 'etc/ossec.conf')], {
      encoding: 'utf8',
    }).trim()
    program('id', '[ "$1" = -nG ] && echo tripline || echo 999')
    program('usermod', `echo usermod "$@" >>${folder}/called`)
    program('gpasswd', `echo gpasswd "$@" >>${folder}/called`)
    expect(install().stdout).toContain(`add     user tripline to group ${group}`)
    expect(existsSync(join(folder, 'called'))).toBe(false)
    expect(install('--apply').status).toBe(0)
    expect(install('--undo', '--apply').status).toBe(0)
    expect(readFileSync(join(folder, 'called'), 'utf8')).toBe(
      `usermod -aG ${group} tripline\ngpasswd -d tripline ${group}\n`,
    )
  })

  it.each([['--drop-in', 'virustotal'], ['--events', '/a</location>'], ['--events'], ['--home', '/a b']])(
    'refuses %s %s',
    (...args) => expect(install(...args).status).toBe(1),
  )
})
