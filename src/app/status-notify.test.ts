import { expect, it } from 'vitest'
import { manualClock } from '../../test/support/clock.ts'
import { queueSocket } from '../../test/support/queue-socket.ts'
import { AppError } from '../core/errors.ts'
import { notifySystemd, type NotifyOptions } from './status-notify.ts'

function notifying(options: Partial<NotifyOptions> = {}) {
  const problems: string[] = []
  const reasons: string[] = []
  const clock = manualClock()
  const socket = queueSocket()
  const stop = new AbortController()
  const systemd = notifySystemd({
    env: { NOTIFY_SOCKET: '/run/systemd/notify' },
    clock,
    events: {
      notifyUnusable: (problem) => problems.push(problem),
      notifyByProgram: (reason) => reasons.push(reason),
    },
    stop: stop.signal,
    load: async () => socket.open,
    ...options,
  })
  return { problems, reasons, clock, socket, stop, systemd }
}

const missingPackage = (): Promise<never> => Promise.reject(new AppError('CONFIG_INVALID', 'No unix-dgram'))

it('says nothing where nobody asked', async () => {
  const { systemd, socket, problems, stop } = notifying({ env: { NOTIFY_SOCKET: '', WATCHDOG_USEC: '1000' } })
  const told = await systemd
  told.started()
  stop.abort()
  await told.close()
  expect([socket.taken, problems]).toEqual([[], []])
})

it.each([
  ['without the package that sends', '/run/systemd/notify', { load: missingPackage }, 'No unix-dgram'],
  ['with an address that it cannot send to', '@/org/systemd', {}, 'NOTIFY_SOCKET is @/org/systemd'],
])(
  '%s has systemd-notify tell, and says so; without that, too, it goes on',
  async (_name, socket, options, reason) => {
    const env = { NOTIFY_SOCKET: socket, PATH: '/nowhere', WATCHDOG_USEC: '30000000' }
    const { systemd, problems, reasons, clock } = notifying({ ...options, env })
    const told = await systemd
    told.started()
    const closing = told.close()
    await clock.advance(15_000)
    await closing
    expect(reasons).toEqual([expect.stringContaining(reason)])
    expect(problems).toEqual(['systemd-notify failed: ENOENT'])
  },
)

it('lives twice in the time that systemd waits, until it is closed', async () => {
  const env = {
    NOTIFY_SOCKET: '/run/systemd/notify',
    WATCHDOG_USEC: '30000000',
    WATCHDOG_PID: String(process.pid),
  }
  const { systemd, socket, clock, stop } = notifying({ env })
  const told = await systemd
  told.started()
  for (let seconds = 0; seconds < 30; seconds++) await clock.advance(1000)
  stop.abort()
  await clock.advance(15_000)
  // A lost `READY=1` is said again.
  expect(socket.taken.map((message) => message.trim().split('\n'))).toEqual([
    ['WATCHDOG=1'],
    ['READY=1', 'STATUS=Reading alerts'],
    ['READY=1', 'WATCHDOG=1'],
    ['READY=1', 'WATCHDOG=1'],
    ['STOPPING=1', 'STATUS=Finishing what was read'],
    ['WATCHDOG=1'],
  ])
  const closing = told.close()
  await clock.advance(15_000)
  await closing
  expect(socket.closed()).toBe(1)
})

it('does not live for another process', async () => {
  const env = { NOTIFY_SOCKET: '/run/systemd/notify', WATCHDOG_USEC: '1000', WATCHDOG_PID: '1' }
  const { systemd, socket, clock } = notifying({ env })
  await systemd
  await clock.advance(1000)
  expect(socket.taken).toEqual([])
})
