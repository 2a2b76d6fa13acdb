import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, it } from 'vitest'
import { manualClock } from '../../../test/support/clock.ts'
import { loadConfig } from '../../config/load.ts'
import { wazuhQueueConfig } from '../../sinks/wazuh-queue/config.ts'
import { checkAccess } from './check.ts'

let folder = ''
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'tripline-check-'))
})
afterEach(() => rm(folder, { recursive: true }))

async function findingsWith(env: Record<string, string>, sinks: object = {}, http: object = {}) {
  const paths = { LOG_FILE_PARSED: join(folder, 'p.log'), LOG_FILE_MATCHED: join(folder, 'm.log') }
  const { config } = await loadConfig({ env: { TRIPLINE_STATE_DIR: folder, ...paths, ...env } })
  const findings = await checkAccess(
    { ...config, sinks: { ...config.sinks, ...sinks }, http: { ...config.http, ...http } },
    { clock: manualClock(), signal: new AbortController().signal },
  )
  return (subject: string) => findings.filter((finding) => finding.subject === subject)
}

it('says which folder will be made, and which cannot be and how to make it', async () => {
  const wanted = join(folder, 'a/b')
  expect((await findingsWith({ TRIPLINE_STATE_DIR: wanted }))('stateDir')).toEqual([
    { level: 'ok', subject: 'stateDir', text: `${wanted} will be made` },
  ])
  await writeFile(join(folder, 'file'), '')
  const below = join(folder, 'file/state')
  const [finding] = (await findingsWith({ TRIPLINE_STATE_DIR: below }))('stateDir')
  expect(finding).toMatchObject({ level: 'error', hint: expect.stringContaining(below) as string })
})

it('warns of an alert file that is not there and of no feeds', async () => {
  const of = await findingsWith({ ALERTS_FILE: join(folder, 'alerts.json') })
  expect(of(join(folder, 'alerts.json'))).toMatchObject([{ level: 'warning' }])
  expect(of('providers.feeds')).toMatchObject([{ level: 'warning', text: 'no feeds: nothing will match' }])
})

it('refuses a folder where a file is to be, and a certificate that is not there', async () => {
  const of = await findingsWith(
    { ALERTS_FILE: folder, LOG_FILE_MATCHED: tmpdir() },
    {},
    { tls: { certFile: join(folder, 'cert.pem'), keyFile: join(folder, 'key.pem') } },
  )
  expect(of(folder)).toMatchObject([{ level: 'error', text: 'is a folder' }])
  expect(of('sinks.matches')).toMatchObject([{ level: 'error', text: `${tmpdir()} is a folder` }])
  expect(of('http')).toMatchObject([{ level: 'error', text: expect.stringContaining('cert.pem') as string }])
})

it('warns of a feed with broken entries, and refuses one that gives nothing', async () => {
  await writeFile(join(folder, 'good.txt'), '198.51.100.1\nnonsense here\n')
  await writeFile(join(folder, 'bad.txt'), 'nonsense here\n')
  const of = await findingsWith({ TRIPLINE_FEEDS: `${join(folder, 'good.txt')},${join(folder, 'bad.txt')}` })
  expect(of('providers.feeds').map(({ level }) => level)).toEqual(['warning', 'error'])
})

it('looks at the queue of Wazuh', async () => {
  const socket = join(folder, 'queue')
  const queue = wazuhQueueConfig.parse({ type: 'wazuh-queue', socket })
  const of = await findingsWith({}, { queue })
  expect(of('sinks.queue')).toContainEqual({
    level: 'warning',
    subject: 'sinks.queue',
    text: `${socket} is not there`,
    hint: expect.stringContaining('Start Wazuh') as string,
  })
})
