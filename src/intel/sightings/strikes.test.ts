import { expect, it } from 'vitest'
import { createStrikes } from './strikes.ts'

it('gives a group up that fails again and again while others succeed', () => {
  const strikes = createStrikes()
  const given = Array.from({ length: 5 }, () => {
    strikes.success('other')
    return strikes.failure('bad')
  })
  expect(given).toEqual([false, false, false, false, true])
})

it('gives nothing up while the server is down for all', () => {
  const strikes = createStrikes()
  strikes.success('other')
  const given = Array.from({ length: 100 }, () => [strikes.failure('one'), strikes.failure('two')]).flat()
  expect(given).not.toContain(true)
})

it('begins anew after a success of the group itself', () => {
  const strikes = createStrikes()
  const given = Array.from({ length: 20 }, (_, round) => {
    strikes.success('other')
    if (round % 4 === 0) strikes.success('bad')
    return strikes.failure('bad')
  })
  expect(given).not.toContain(true)
})
