import { expect, it } from 'vitest'
import type { OpenSocket } from './native.ts'
import { createSender } from './sender.ts'

/** Sockets that answer each datagram as planned, then take everything. */
function plannedSockets(...plan: (string | undefined)[]) {
  const taken: string[] = []
  const log: string[] = []
  const open: OpenSocket = () => {
    log.push('open')
    return {
      send: (data, path) => {
        const code = plan.shift()
        if (code === undefined) taken.push(`${path} ${data.toString()}`)
        return code
      },
      close: () => log.push('close'),
    }
  }
  return { sender: createSender(open, '/queue'), taken, log }
}

const datagram = Buffer.from('1:misp:{}')

it('sends whole datagrams from one socket, and opens none before', () => {
  const { sender, taken, log } = plannedSockets()
  expect(log).toEqual([])
  expect([sender.send(datagram), sender.send(datagram)]).toEqual([{ kind: 'sent' }, { kind: 'sent' }])
  expect(taken).toEqual(['/queue 1:misp:{}', '/queue 1:misp:{}'])
  expect(log).toEqual(['open'])
})

it.each(['ENOENT', 'ECONNREFUSED', 'ENOTCONN', 'EPIPE', 'EACCES', 'EPROTOTYPE'])(
  'takes a fresh socket after %s',
  (code) => {
    const { sender, taken, log } = plannedSockets(code)
    expect(sender.send(datagram)).toEqual({ kind: 'away', code })
    expect(sender.send(datagram)).toEqual({ kind: 'sent' })
    expect(taken).toHaveLength(1)
    expect(log).toEqual(['open', 'close', 'open'])
  },
)

it.each(['EAGAIN', 'ENOBUFS'])('keeps its socket when the queue is full: %s', (code) => {
  const { sender, log } = plannedSockets(code)
  expect([sender.send(datagram), sender.send(datagram)]).toEqual([{ kind: 'full' }, { kind: 'sent' }])
  expect(log).toEqual(['open'])
})

it('tells a datagram that is too long for the system', () => {
  const { sender, log } = plannedSockets('EMSGSIZE')
  expect(sender.send(datagram)).toEqual({ kind: 'too_long' })
  expect(log).toEqual(['open'])
})

it('closes its socket, once, and may be used again', () => {
  const { sender, log } = plannedSockets()
  sender.close()
  sender.send(datagram)
  sender.close()
  sender.close()
  expect(sender.send(datagram)).toEqual({ kind: 'sent' })
  expect(log).toEqual(['open', 'close', 'open'])
})

it('takes a socket that cannot be made for a receiver that is away', () => {
  const sender = createSender(() => {
    throw new Error('socket EMFILE')
  }, '/queue')
  expect(sender.send(datagram)).toEqual({ kind: 'away', code: 'socket EMFILE' })
})
