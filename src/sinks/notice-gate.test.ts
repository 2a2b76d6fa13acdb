import { expect, it } from 'vitest'
import { manualClock } from '../../test/support/clock.ts'
import type { ErrorCode } from '../core/errors.ts'
import type { Notice } from '../core/ports.ts'
import { createNoticeGate } from './notice-gate.ts'

const MINUTE = 60_000

function setUp() {
  const clock = manualClock()
  const told: string[] = []
  const refusing = { on: false }
  const gate = createNoticeGate({
    clock,
    tell: (notice) => {
      if (refusing.on) return Promise.reject(new Error('planted'))
      told.push(`${notice.kind} ${notice.provider} ${notice.code}`)
      return Promise.resolve()
    },
  })
  const notice = (kind: Notice['kind'], provider = 'misp', code: ErrorCode = 'PROVIDER_UNREACHABLE') =>
    gate.pass({ kind, provider, code, message: 'm', at: clock.now() })
  return { clock, told, refusing, gate, notice }
}

it('tells a trouble once in ten minutes, each provider and code by itself', async () => {
  const { clock, told, notice } = setUp()
  for (let n = 0; n < 5; n++) await notice('failing')
  await notice('failing', 'misp', 'PROVIDER_REFUSED')
  await notice('failing', 'other')
  expect(told).toEqual([
    'failing misp PROVIDER_UNREACHABLE',
    'failing misp PROVIDER_REFUSED',
    'failing other PROVIDER_UNREACHABLE',
  ])
  await clock.advance(10 * MINUTE - 1)
  await notice('failing')
  expect(told).toHaveLength(3)
  await clock.advance(1)
  await notice('failing')
  expect(told).toHaveLength(4)
})

it('tells the end of what was told, once, and of nothing else', async () => {
  const { told, notice } = setUp()
  await notice('recovered')
  expect(told).toEqual([])
  await notice('failing')
  await notice('failing', 'other')
  await notice('recovered')
  await notice('recovered')
  expect(told.slice(2)).toEqual(['recovered misp PROVIDER_UNREACHABLE'])
})

it('tells a trouble that began again soon after when the ten minutes are over, if it still lasts', async () => {
  const { clock, told, notice } = setUp()
  await notice('failing')
  await notice('recovered')
  await clock.advance(MINUTE)
  await notice('failing')
  expect(told).toHaveLength(2)
  await clock.advance(9 * MINUTE)
  expect(told).toHaveLength(3)
  await notice('recovered')
  expect(told).toHaveLength(4)
})

it('says nothing of one that came and went in between, however often', async () => {
  const { clock, told, notice } = setUp()
  await notice('failing')
  for (let n = 0; n < 5; n++) {
    await notice('recovered')
    await clock.advance(MINUTE)
    await notice('failing')
  }
  await notice('recovered')
  await clock.advance(20 * MINUTE)
  expect(told).toEqual(['failing misp PROVIDER_UNREACHABLE', 'recovered misp PROVIDER_UNREACHABLE'])
})

it('tries the next one when one could not be told', async () => {
  const { told, refusing, notice } = setUp()
  refusing.on = true
  expect(await notice('failing')).toBe(false)
  refusing.on = false
  expect(await notice('failing')).toBe(true)
  expect(told).toHaveLength(1)
  refusing.on = true
  expect(await notice('recovered')).toBe(false)
})

it('has nothing to say against what needs no telling', async () => {
  const { told, notice } = setUp()
  expect(await notice('recovered')).toBe(true)
  for (let n = 0; n < 2; n++) expect(await notice('failing')).toBe(true)
  expect(await notice('recovered')).toBe(true)
  expect(await notice('failing')).toBe(true)
  expect(told).toHaveLength(2)
})

it('tells nothing after it was closed, not even what was held', async () => {
  const { clock, told, gate, notice } = setUp()
  await notice('failing')
  await notice('recovered')
  await notice('failing')
  gate.close()
  await clock.advance(20 * MINUTE)
  expect(await notice('failing', 'other')).toBe(false)
  expect(told).toHaveLength(2)
})

it('tells a trouble with OpenCTI once a minute', async () => {
  const { clock, told, gate } = setUp()
  const failing = () =>
    gate.pass({
      kind: 'failing',
      provider: 'cti',
      platform: 'opencti',
      code: 'PROVIDER_REFUSED',
      message: 'm',
      at: clock.now(),
    })
  await failing()
  await clock.advance(MINUTE - 1)
  await failing()
  expect(told).toHaveLength(1)
  await clock.advance(1)
  await failing()
  expect(told).toHaveLength(2)
})
