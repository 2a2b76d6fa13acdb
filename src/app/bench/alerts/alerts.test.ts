import { describe, expect, it } from 'vitest'
import { canonicalIp } from '../../../canonical/ip.ts'
import { urlHost } from '../../../canonical/url.ts'
import type { Observable } from '../../../core/observable.ts'
import { extractConfig } from '../../../extract/config.ts'
import { createExtractor } from '../../../extract/extract.ts'
import { createDecoder } from '../../../sources/decode.ts'
import { SAMPLE_TYPES } from '../subject.ts'
import { sampleAlert } from './alerts.ts'
import { TEMPLATES } from './templates.ts'
import { knownType, valuesAt } from './values.ts'

const COUNT = 400
const decode = await createDecoder()
const extract = createExtractor(extractConfig.parse({}))

function observablesOf(number: number, seed = 1): readonly Observable[] {
  const decoded = decode(sampleAlert(number, { seed }), 'bench', 0)
  if (decoded.kind !== 'alert') throw new Error(`alert ${number} is none`)
  return extract(decoded.alert).observables
}

const all = Array.from({ length: COUNT }, (_, number) => observablesOf(number)).flat()

function lines(seed: number): readonly string[] {
  return Array.from({ length: 20 }, (_, number) => sampleAlert(number, { seed }).toString())
}

function inThrees(number: number): number {
  return number % 3
}

/** Whether only documentation may mean it (RFC 2606, 5737, 3849); digests are made up. */
function isHarmless({ type, value }: Observable): boolean {
  if (type === 'ipv4' || type === 'ipv6') return canonicalIp(value)?.special === 'documentation'
  const host =
    type === 'url' ? urlHost(value).value : type === 'email' ? value.slice(value.indexOf('@') + 1) : value
  return /(?:^|\.)example\.(?:com|net|org)$/.test(host)
}

describe('the sample alerts', () => {
  it('are the same for the same seed, and others for another', () => {
    expect(lines(1)).toEqual(lines(1))
    expect(lines(1).filter((line) => lines(2).includes(line))).toEqual([])
    expect(new Set(lines(1)).size).toBe(20)
  })

  it('hold every type, and nothing to look up that could mean anybody', () => {
    const found = all.filter(({ special }) => special === undefined || special === 'documentation')
    expect(new Set(found.map(({ type }) => type))).toEqual(new Set(SAMPLE_TYPES))
    const named = found.filter(({ type }) => !/^(?:md5|sha)/.test(type))
    expect(named.length).toBeGreaterThan(COUNT)
    expect(named.filter((each) => !isHarmless(each))).toEqual([])
  })

  it('hold private addresses, too, which are never looked up', () => {
    expect(all.filter(({ special }) => special === 'private').length).toBeGreaterThan(0)
  })

  it('have values of their own but for a few, so that no cache hides the work', () => {
    const asked = all.filter(({ type, special }) => type !== 'ipv4' && special !== 'private')
    const distinct = new Set(asked.map(({ type, value }) => `${type} ${value}`))
    expect(distinct.size).toBe(asked.length)
  })

  it('hold what the fakes know in some alerts of each kind that holds anything', () => {
    const kinds = new Map<number, number>()
    for (let number = 0; number < COUNT; number++)
      if (observablesOf(number).some(({ value }) => knownType(value) !== undefined))
        kinds.set(number % TEMPLATES.length, (kinds.get(number % TEMPLATES.length) ?? 0) + 1)
    expect(kinds.size).toBe(TEMPLATES.length - 1)
  })

  it('are different alerts where their values come back', () => {
    const [first, again] = [1, 4].map((number) =>
      sampleAlert(number, { seed: 1, valuesOf: inThrees }).toString(),
    )
    expect(first).not.toBe(again)
    expect(valuesAt(1, inThrees(4))).toEqual(valuesAt(1, 1))
  })
})

it('the value of each type that the fakes know is told by that type', () => {
  const { ipv6, domain, url, email, md5, sha1, sha256 } = valuesAt(0, 0)
  const told = Object.entries({ ipv6, domain, url, email, md5, sha1, sha256 }).map(([type, value]) => [
    type,
    knownType(value),
  ])
  expect(told.filter(([type, known]) => type !== known)).toEqual([])
  expect(Object.values(valuesAt(0, 1)).filter((value) => knownType(String(value)) !== undefined)).toEqual([])
})
