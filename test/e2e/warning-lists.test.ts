import { mkdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { beforeEach, expect, it } from 'vitest'
import { runCli } from '../support/cli.ts'
import { useWorkspace } from './workspace.ts'

const workspace = useWorkspace()
let config = ''

const RESOLVERS = 'List of known IPv4 public DNS resolvers'
const ALERT = JSON.stringify({
  id: '1.1',
  timestamp: '2026-03-09T08:00:00.000+0000',
  rule: { id: '5710', level: 5, groups: ['sshd'] },
  agent: { id: '001', name: 'web' },
  manager: { name: 'm' },
  data: { srcip: '8.8.8.8', dstip: '9.9.9.9' },
})

beforeEach(() => {
  const folder = workspace.path('lists')
  mkdirSync(join(folder, 'public-dns-v4'), { recursive: true })
  const list = { name: RESOLVERS, type: 'cidr', version: 1, description: '', list: ['8.8.8.8'] }
  writeFileSync(join(folder, 'public-dns-v4/list.json'), JSON.stringify(list))
  const feed = workspace.file('bad.txt', '8.8.8.8\n9.9.9.9\n')
  config = workspace.file(
    'tripline.yaml',
    [
      'policy:',
      '  warningLists:',
      `    folders: [${folder}]`,
      '    ignore: [no-such-list]',
      'providers:',
      `  feeds: { type: feed, feeds: [{ path: ${feed} }] }`,
      '',
    ].join('\n'),
  )
})

it('tells in explain what a warning-list holds back, and its name', async () => {
  const text = await runCli(['explain', '--config', config, '-'], { stdin: ALERT })
  expect(text.stderr).toBe('')
  expect(text.stdout).toContain('held back: warning-list\n')
  expect(text.stdout).toContain(`held back: warning-list (${RESOLVERS})`)
  expect(text.stdout).toContain('MATCH')
  const json = await runCli(['explain', '--json', '--config', config, '-'], { stdin: ALERT })
  expect(JSON.parse(json.stdout)).toMatchObject({
    matches: [{ observable: { value: '9.9.9.9' } }],
    held: [
      {
        observable: { value: '8.8.8.8' },
        suppressed_by: ['warning-list'],
        indicators: [{ held_by: 'warning-list', warning_lists: [RESOLVERS], held_because: RESOLVERS }],
      },
    ],
  })
})

it('tells it in lookup, and leaves it out of a scan', async () => {
  const looked = await runCli(['lookup', '--config', config, '8.8.8.8', '9.9.9.9'])
  expect(looked.stdout).toContain('held: ipv4 8.8.8.8')
  expect(looked.stdout).toContain(`held back: warning-list (${RESOLVERS})`)
  expect(looked.stdout).toContain('hit: ipv4 9.9.9.9')
  const scanned = await runCli(['scan', '--config', config, '-'], { stdin: ALERT })
  expect(scanned.stdout.trim().split('\n')).toHaveLength(1)
  expect(scanned.stdout).toContain('9.9.9.9')
})

it('counts the lists in check, and names what no list is called', async () => {
  const { stdout } = await runCli(['check', '--config', config])
  expect(stdout).toContain('lists: 1 list, 1 entry')
  expect(stdout).toContain('no-such-list is the name of no list')
})
