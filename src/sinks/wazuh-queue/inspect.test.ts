import { writeFile } from 'node:fs/promises'
import { createServer } from 'node:net'
import { join } from 'node:path'
import { expect, it } from 'vitest'
import { inFolder } from '../../../test/support/sink-files.ts'
import { AppError } from '../../core/errors.ts'
import { wazuhQueueConfig } from './config.ts'
import { inspectQueue } from './inspect.ts'
import type { OpenSocket } from './native.ts'

const loads = (): Promise<OpenSocket> => Promise.resolve(neverOpened)
const neverOpened: OpenSocket = () => {
  throw new Error('nothing is sent')
}

function configFor(socket: string) {
  return wazuhQueueConfig.parse({ type: 'wazuh-queue', socket })
}

it('says whether the socket is there, and what it is', () =>
  inFolder(async (folder) => {
    const socket = join(folder, 'queue')
    expect(await inspectQueue(configFor(socket), loads)).toMatchObject([
      {
        level: 'warning',
        text: `${socket} is not there`,
        hint: expect.stringContaining('Start Wazuh') as string,
      },
    ])
    await writeFile(socket, '')
    expect(await inspectQueue(configFor(socket), loads)).toMatchObject([
      { level: 'error', text: `${socket} is no socket` },
    ])
    expect(await inspectQueue(configFor(join(socket, 'below')), loads)).toMatchObject([{ level: 'error' }])
    const server = createServer()
    await new Promise<void>((resolve) => server.listen(join(folder, 'socket'), resolve))
    expect(await inspectQueue(configFor(join(folder, 'socket')), loads)).toMatchObject([{ level: 'ok' }])
    await new Promise((resolve) => server.close(resolve))
  }))

it('says that the package is missing, and what works without it', () =>
  inFolder(async (folder) => {
    const missing = new AppError('CONFIG_INVALID', 'needs unix-dgram', { hint: 'use wazuh-log' })
    const [finding] = await inspectQueue(configFor(join(folder, 'queue')), () => Promise.reject(missing))
    expect(finding).toEqual({ level: 'error', text: 'needs unix-dgram', hint: 'use wazuh-log' })
  }))

it('has settings that refuse a path the system would cut', () => {
  const settings = { type: 'wazuh-queue', socket: `/${'é'.repeat(53)}` }
  expect(wazuhQueueConfig.safeParse(settings).success).toBe(true)
  expect(wazuhQueueConfig.safeParse({ ...settings, socket: `/${'é'.repeat(54)}` }).success).toBe(false)
})

it.each(['[007] (x) any->y', '(x)', 'a->b', 'a\nb', ''])(
  'has no location that names an agent: %j',
  (location) => {
    expect(wazuhQueueConfig.safeParse({ type: 'wazuh-queue', location }).success).toBe(false)
  },
)
