import { expect, it } from 'vitest'
import { indicatorOf } from '../../test/support/index.ts'
import { policyConfig } from '../pipeline/config.ts'
import { createPolicy } from '../pipeline/policy.ts'
import { indicatorLine } from './text.ts'

const observable = { type: 'domain', value: 'a.example.com', where: ['data.x'] } as const

it('says what speaks against an indicator, and the names of the tag or the lists', () => {
  const warningLists = {
    check: ({ value }: { value: string }) =>
      value === 'a.example.com' ? [{ list: 'Top sites', action: 'annotate' } as const] : [],
  }
  const policy = createPolicy(policyConfig.parse({ tags: { exclude: ['bad:*'] } }), { warningLists })
  const line = (part: object): string => {
    const indicator = indicatorOf({ type: 'domain', value: 'example.com', ...part })
    return indicatorLine(policy.judge(observable, { indicator, kind: 'parent-domain' }, 0), policy)
  }
  expect(line({})).toMatch(/ on warning-lists: Top sites$/)
  expect(line({ tags: ['bad:thing'] })).toMatch(
    / on warning-lists: Top sites {2}held back: tag \(bad:thing\)$/,
  )
  expect(line({ revoked: true })).toMatch(/ held back: revoked$/)
})

it('names the lists that hold an indicator back once', () => {
  const warningLists = { check: () => [{ list: 'Resolvers', action: 'suppress' } as const] }
  const policy = createPolicy(policyConfig.parse({}), { warningLists })
  const found = { indicator: indicatorOf({ type: 'domain', value: 'example.com' }), kind: 'exact' } as const
  const line = indicatorLine(policy.judge(observable, found, 0), policy)
  expect(line.match(/Resolvers/g)).toHaveLength(1)
  expect(line).toMatch(/ held back: warning-list \(Resolvers\)$/)
})
