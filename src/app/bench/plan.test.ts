import { describe, expect, it } from 'vitest'
import { mispConfig } from '../../intel/misp/config.ts'
import { openCtiConfig } from '../../intel/opencti/config.ts'
import type { PlatformConfig } from './subject.ts'
import { allowancesOf, planOf, type Against, type Wishes } from './plan.ts'

const nothing: Wishes = { suites: [], seed: 1 }
const platforms = new Map<string, PlatformConfig>([
  ['misp', mispConfig.parse({ type: 'misp', url: 'https://misp.example.net', apiKey: 'k' })],
  ['opencti', openCtiConfig.parse({ type: 'opencti', url: 'https://cti.example.net', token: 't' })],
])

/** Most requests by provider. */
function most(wishes: Partial<Wishes>): { readonly misp?: number; readonly opencti?: number } {
  const allowances = allowancesOf(planOf({ ...nothing, ...wishes }, 'configuration'), platforms)
  return Object.fromEntries([...allowances].map(([id, allowance]) => [id, allowance.most]))
}

describe('a plan', () => {
  it('is for all suites when none is named, what cannot be asked first', () => {
    const { suites } = planOf(nothing, 'fakes')
    expect(suites).toEqual(['compatibility', 'performance', 'scalability', 'reliability', 'resources'])
  })

  it('has the named suites once each, in the order they run', () => {
    const { suites } = planOf({ ...nothing, suites: ['resources', 'performance', 'resources'] }, 'fakes')
    expect(suites).toEqual(['performance', 'resources'])
  })

  it('has each level of concurrency once, the least first', () => {
    expect(planOf({ ...nothing, concurrency: [8, 1, 8] }, 'fakes').concurrency).toEqual([1, 8])
  })

  it.each<[Against, Partial<Wishes>, string]>([
    ['fakes', { alerts: 0 }, '--alerts takes a number from 1 to 200,000 against the built-in fakes, not 0'],
    ['fakes', { alerts: 200_001 }, 'not 200001'],
    [
      'configuration',
      { alerts: 2001 },
      '--alerts takes a number from 1 to 2,000 against providers of your own',
    ],
    ['configuration', { seconds: 601 }, '--seconds takes a number from 1 to 600'],
    ['fakes', { seconds: 3601 }, '--seconds takes a number from 1 to 3,600'],
    ['fakes', { concurrency: [0] }, '--concurrency takes a number from 1 to 64'],
    ['fakes', { concurrency: [1, 65] }, 'not 65'],
    ['fakes', { concurrency: [1, 2, 3, 4, 5, 6, 7, 8, 9] }, '--concurrency takes 8 numbers at most, not 9'],
    ['fakes', { suites: ['speed'] }, 'There is no suite «speed»'],
  ])('against %s refuses %j', (against, wishes, message) => {
    expect(() => planOf({ ...nothing, ...wishes }, against)).toThrow(message)
  })
})

describe('the requests to providers of your own', () => {
  it('are bounded by what is planned, an OpenCTI being asked twice about what it knows', () => {
    expect(most({ suites: ['compatibility'] })).toEqual({ misp: 40, opencti: 40 })
    expect(most({ suites: ['performance'], alerts: 100 })).toEqual({ misp: 260, opencti: 480 })
    expect(most({ suites: ['scalability'], alerts: 100, concurrency: [1, 2] }).misp).toBe(440)
    expect(most({ suites: ['reliability'], seconds: 60 }).misp).toBe(640)
    expect(most({ suites: ['resources'], alerts: 100 }).misp).toBe(240)
  })

  it('have no bound with the fakes', () => {
    const [allowance] = [...allowancesOf(planOf(nothing, 'fakes'), platforms).values()]
    expect(allowance?.most).toBe(Infinity)
  })
})
