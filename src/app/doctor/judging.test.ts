import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { judgeRoom } from './disk.ts'
import type { DoctorContext } from './context.ts'
import { judgeNode, lookAtVersion } from './installation.ts'
import { isNetwork, mountIn } from './mounts.ts'
import { skewResult } from './providers.ts'
import { copyTruncated } from './rotation.ts'
import { judge } from './self-test.ts'
import { ownAccess } from './access.ts'
import { writableFolder } from './state.ts'
import { readUnit } from './unit.ts'
import { judgeQueueLength } from './wazuh-queue.ts'
import { bytesText, spanText } from './words.ts'

async function inFolder(work: (folder: string) => Promise<void>): Promise<void> {
  const folder = await mkdtemp(join(tmpdir(), 'tripline-doctor-'))
  try {
    await work(folder)
  } finally {
    await rm(folder, { recursive: true, force: true })
  }
}

describe('Node.js', () => {
  it.each([
    ['20.19.4', 'ok'],
    ['24.0.0', 'ok'],
    ['20.19.3', 'fail'],
    ['18.20.4', 'fail'],
  ])('%s is %s where 20.19.4 is needed', (version, status) => {
    expect(judgeNode(version, '>=20.19.4', '/usr/bin/node')).toMatchObject([{ status }])
  })
})

describe('a disk', () => {
  const MIB = 1024 ** 2
  it.each([
    [{ free: 10 * 1024 * MIB, files: 1e6 }, 'ok'],
    [{ free: 10 * 1024 * MIB, files: undefined }, 'ok'],
    [{ free: 100 * MIB, files: 1e6 }, 'warn'],
    [{ free: 10 * 1024 * MIB, files: 10 }, 'warn'],
    [{ free: 1 * MIB, files: 1e6 }, 'fail'],
    [{ free: 10 * 1024 * MIB, files: 0 }, 'fail'],
  ])('with %j is %s', (room, status) => {
    expect(judgeRoom('/x', room)).toMatchObject({ status, about: '/x' })
  })
})

describe('the clock of a server', () => {
  it.each([
    [0, 'ok'],
    [59_000, 'ok'],
    [-600_000, 'warn'],
    [NaN, 'skipped'],
  ])('%s ms apart is %s', (skew, status) => {
    expect(skewResult(1e12 + skew, 1e12, 'providers.x')).toMatchObject({ status })
  })
})

it.each([
  ['512\n', 'ok'],
  ['10\n', 'warn'],
  ['', 'skipped'],
])('a length of the kernel’s queue of %j is %s', (text, status) => {
  expect(judgeQueueLength(text)).toMatchObject([{ status }])
})

it.each([
  [['a', 'b'], 'ok'],
  [['a'], 'fail'],
  [['a', 'b', 'b'], 'fail'],
  [['a', 'b', 'c'], 'fail'],
  [[], 'fail'],
])('of planted a and b the matches %j are %s', (matches, status) => {
  expect(judge(matches, ['a', 'b'], 10)).toMatchObject([{ status }])
})

describe('mounts', () => {
  const TABLE = String.raw`22 1 8:1 / / rw,relatime shared:1 - ext4 /dev/sda1 rw
40 22 0:40 / /var rw - nfs4 server:/var rw
41 40 8:2 / /var/ossec rw - ext4 /dev/sda2 rw
42 22 8:3 /a /mnt/a\040b/alerts.json rw - xfs /dev/sdb rw
43 22 0:41 / /var/ossecold rw - cifs //server/x rw
`
  it.each([
    ['/var/ossec/logs/alerts.json', '/var/ossec', false],
    ['/var/log/x', '/var', true],
    ['/var/ossecs/x', '/var', true],
    ['/var/ossecold/x', '/var/ossecold', true],
    ['/mnt/a b/alerts.json', '/mnt/a b/alerts.json', false],
    ['/etc', '/', false],
  ])('%s lies on %s', (path, point, network) => {
    const mount = mountIn(TABLE, path)
    expect(mount?.point).toBe(point)
    expect(mount !== undefined && isNetwork(mount)).toBe(network)
  })

  it('that nobody knows are none', () => {
    expect(mountIn('', '/a')).toBeUndefined()
  })
})

describe('logrotate', () => {
  it('that empties the file with copytruncate is told, in a comment not, and for others not', () =>
    inFolder(async (folder) => {
      const alerts = '/var/ossec/logs/alerts/alerts.json'
      expect(await copyTruncated(alerts, folder)).toEqual([])
      await writeFile(join(folder, 'other'), '/var/log/*.log {\n  copytruncate\n}\n')
      await writeFile(join(folder, 'commented'), `${alerts} {\n  # copytruncate\n}\n`)
      await writeFile(join(folder, 'mentioned'), `# not ${alerts}\n/a {\n  copytruncate\n}\n`)
      expect(await copyTruncated(alerts, folder)).toEqual([])
      await writeFile(join(folder, 'wazuh'), `${alerts} {\n  daily\n  copytruncate\n}\n`)
      expect(await copyTruncated(alerts, folder)).toMatchObject([{ status: 'fail', about: alerts }])
    }))
})

describe('the unit', () => {
  it('says user, groups and folders, with what systemctl edit put beside it', () =>
    inFolder(async (folder) => {
      expect(await readUnit([join(folder, 'nothing')])).toBeUndefined()
      const unit =
        '[Service]\nUser=tripline\nSupplementaryGroups=wazuh\nStateDirectory=tripline\nLogsDirectory=tripline\n'
      await writeFile(join(folder, 'tripline.service'), unit)
      expect(await readUnit([folder])).toEqual({
        path: join(folder, 'tripline.service'),
        user: 'tripline',
        groups: ['wazuh'],
        folders: ['/var/lib/tripline', '/var/log/tripline'],
        environment: {},
        writable: undefined,
      })
      await mkdir(join(folder, 'tripline.service.d'))
      await writeFile(
        join(folder, 'tripline.service.d/override.conf'),
        '[Service]\nUser=soc\nSupplementaryGroups=extra\n',
      )
      expect(await readUnit([folder])).toMatchObject({ user: 'soc', groups: ['wazuh', 'extra'] })
    }))

  it('that restricts writing closes what it does not name to its user', () =>
    inFolder(async (folder) => {
      const text = `[Service]\nUser=${ownAccess().user}\nProtectSystem=strict\nReadWritePaths=-${folder}/open\n`
      await writeFile(join(folder, 'tripline.service'), text)
      for (const name of ['open', 'closed']) await mkdir(join(folder, name))
      const unit = await readUnit([folder])
      const judged = (name: string, of: typeof unit) =>
        writableFolder(join(folder, name), { access: ownAccess(), unit: of }, new AbortController().signal)
      expect(await judged('open', unit)).toMatchObject({ status: 'ok' })
      expect(await judged('closed', undefined)).toMatchObject({ status: 'ok' })
      expect(await judged('closed', unit)).toMatchObject({
        status: 'fail',
        todo: expect.stringContaining(`ReadWritePaths=${join(folder, 'closed')}`) as string,
      })
    }))

  it('says what the service gets as its environment, files of it too', () =>
    inFolder(async (folder) => {
      const unit = `[Service]\nEnvironment=A=1 "B=2"\nEnvironmentFile=-${folder}/tripline.env\nEnvironmentFile=-${folder}/none\n`
      await writeFile(join(folder, 'tripline.service'), unit)
      await writeFile(
        join(folder, 'tripline.env'),
        '# C=no\nA=3\nMISP_URL="https://misp.example.net"\n\nnothing\n',
      )
      expect((await readUnit([folder]))?.environment).toEqual({
        A: '3',
        B: '2',
        MISP_URL: 'https://misp.example.net',
      })
    }))
})

it('spans and sizes are short', () => {
  expect([90_000, 3_600_000, 86_400_000 * 3].map(spanText)).toEqual(['90 s', '60 min', '3 d'])
  expect([12, 2048, 5 * 1024 ** 3].map(bytesText)).toEqual(['12 bytes', '2.0 KiB', '5.0 GiB'])
})

it.each([
  ['may read', undefined, []],
  ['may not read', 'EACCES', ['fail']],
])('Tripline that its user %s', async (_, refusal, more) => {
  const access = {
    user: 'tripline',
    isSelf: false,
    may: async (wanted: readonly unknown[]) => wanted.map(() => refusal),
  }
  const context = { version: '1.2.3', access } as unknown as DoctorContext
  const results = await lookAtVersion(context, new AbortController().signal)
  expect(results.map(({ status }) => status)).toEqual(['ok', ...more])
})
