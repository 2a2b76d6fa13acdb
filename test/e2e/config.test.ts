import { describe, expect, it } from 'vitest'
import { runCli, type Ended } from '../support/cli.ts'
import { EXAMPLE_FEEDS } from '../support/examples.ts'
import { useWorkspace, type Settings } from './workspace.ts'

const workspace = useWorkspace()
const COMMANDS = ['run', 'scan', 'lookup', 'explain', 'check', 'doctor', 'config']

describe('a wrong configuration', () => {
  it.each([
    [
      'an unknown key',
      'log:\n  levle: debug\n',
      'tripline.yaml:2:3: unknown key `levle` in log; did you mean `level`?\n  2 |   levle: debug\n    |   ^^^^^\n',
    ],
    [
      'a number without its unit',
      'suppress:\n  matchWindow: 10\n',
      'tripline.yaml:2:16: suppress.matchWindow: got the number 10; expected a duration with a unit',
    ],
    [
      'a secret file that is not there',
      'providers:\n  misp:\n    type: misp\n    url: https://misp.example.org\n    apiKeyFile: /nowhere/key\n',
      'tripline.yaml:5:5: providers.misp.apiKeyFile: cannot read the secret in /nowhere/key',
    ],
    ['broken YAML', 'log: [\n', 'tripline.yaml:2:1: '],
  ])('with %s ends with 2 and points at it', async (_name, text, message) => {
    const file = workspace.file('tripline.yaml', text)
    const all = await Promise.all(['run', 'check'].map((command) => runCli([command, '--config', file])))
    for (const { code, stdout, stderr } of all) {
      expect({ code, stdout }).toEqual({ code: 2, stdout: '' })
      expect(stderr).toContain(message)
    }
  })

  it('in the environment, or one that is not there, ends with 2 and names it', async () => {
    const variable = await runCli(['run'], { env: { TRIPLINE_FEED: 'x' } })
    expect(variable.code).toBe(2)
    expect(variable.stderr).toContain(
      'TRIPLINE_FEED: unknown environment variable; did you mean TRIPLINE_FEEDS?',
    )
    const missing = await runCli(['run', '--config', 'nowhere.yaml'])
    expect(missing.code).toBe(2)
    expect(missing.stderr).toContain('nowhere.yaml')
  })
})

function check(settings: Settings): Promise<Ended> {
  return runCli(['check', '--config', workspace.config(settings)])
}

describe('check', () => {
  it('ends with 0 when all is in reach', async () => {
    workspace.alerts()
    workspace.file('bad.txt', 'evil.example.net\n')
    const { code, stdout } = await check({})
    expect(code).toBe(0)
    expect(stdout).toContain(`ok       ${workspace.path('alerts.json')}: readable, 0 bytes`)
    expect(stdout).toContain(`${workspace.path('bad.txt')}: plain`)
    expect(stdout).not.toMatch(/^(?:warning|ERROR)/m)
  })

  it('ends with 0 and a warning when the alert file is not there yet', async () => {
    workspace.file('bad.txt', 'evil.example.net\n')
    const { code, stdout } = await check({})
    expect(code).toBe(0)
    expect(stdout).toContain(`warning  ${workspace.path('alerts.json')}: is not there`)
  })

  it('ends with 1 and names what will not work', async () => {
    const { code, stdout } = await check({ policy: { allow: { values: ['no value'] } } })
    expect(code).toBe(1)
    expect(stdout).toContain(`ERROR    providers.feeds: ${workspace.path('bad.txt')}: The feed is not there`)
    expect(stdout).toContain('ERROR    policy.allow: no value is no address')
  })
})

describe('config', () => {
  it('--example prints a file that loads and changes nothing', async () => {
    const example = await runCli(['config', '--example'])
    expect(example).toMatchObject({ code: 0, stderr: '' })
    const file = workspace.file('example.yaml', example.stdout)
    const withFile = await runCli(['config', '--effective', '--config', file])
    expect(withFile).toMatchObject({ code: 0, stderr: '' })
    const lookup = await runCli(['lookup', '--config', file, '--feed', EXAMPLE_FEEDS, 'c2.example.com'])
    expect(lookup.stdout).toContain('hit: domain c2.example.com')
  })

  it('--effective never shows a secret', async () => {
    const env = { MISP_URL: 'https://misp.example.org', MISP_API_KEY: 'planted-secret' }
    const { code, stdout, stderr } = await runCli(['config', '--effective'], { env })
    expect(code).toBe(0)
    expect(stdout).toContain('https://misp.example.org')
    expect(stdout + stderr).not.toContain('planted-secret')
  })
})

describe('usage', () => {
  it('of every command is shown with examples', async () => {
    const shown = await Promise.all(
      COMMANDS.map(async (command) => ({ command, ...(await runCli([command, '--help'])) })),
    )
    for (const { command, code, stdout, stderr } of shown) {
      expect({ code, stderr }).toEqual({ code: 0, stderr: '' })
      expect(stdout).toContain(`Usage: tripline ${command} `)
      expect(stdout).toMatch(new RegExp(`Examples:\\n(?:.*\\n)*?  .*tripline ${command}`))
    }
  })

  it('that is wrong ends with 2 and the nearest right word', async () => {
    const command = await runCli(['scna'])
    expect(command).toMatchObject({ code: 2, stdout: '' })
    expect(command.stderr).toContain('Did you mean scan?')
    const option = await runCli(['scan', '--fed', 'x', 'y'])
    expect(option).toMatchObject({ code: 2, stdout: '' })
    expect(option.stderr).toContain('Did you mean --feed?')
    expect(await runCli(['scan'])).toMatchObject({ code: 2, stdout: '' })
  })

  it('names every command', async () => {
    const { stdout } = await runCli(['--help'])
    for (const command of COMMANDS) expect(stdout).toContain(`\n  ${command} `)
  })
})
