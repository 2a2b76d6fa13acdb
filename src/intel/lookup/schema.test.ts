import { describe, expect, it } from 'vitest'
import { indicatorOf } from '../../../test/support/index.ts'
import { decodeAnswer, encodeAnswer, type Answer } from './schema.ts'

const hit: Answer = {
  kind: 'hit',
  indicators: [
    {
      indicator: indicatorOf({ type: 'domain', value: 'bad.example.net', tags: ['tlp:clear'] }),
      kind: 'exact',
    },
    { indicator: indicatorOf({ type: 'ipv4', value: '203.0.113.7', score: 40 }), kind: 'composite' },
  ],
}

describe('a stored answer', () => {
  it.each([hit, { kind: 'miss' } as const])('comes back as it was: $kind', (answer) => {
    const stored = { at: 1_700_000_000_000, fingerprint: 'x', answer }
    expect(decodeAnswer(encodeAnswer(stored))).toEqual(stored)
  })

  it('does not keep what the policy said of it', () => {
    const [first] = hit.indicators
    const judged: Answer = { ...hit, indicators: [{ ...first, heldBy: 'score', warnings: ['a list'] }] }
    const back = decodeAnswer(encodeAnswer({ at: 0, fingerprint: '', answer: judged }))
    expect(back?.answer).toEqual({ kind: 'hit', indicators: [first] })
  })

  it.each([
    ['nothing', ''],
    ['half a text', '{"at":1,"fingerp'],
    ['another shape', '[]'],
    ['no time', '{"fingerprint":"","hits":[]}'],
    ['a kind that is none', '{"at":1,"fingerprint":"","hits":[{"kind":"guess","indicator":{}}]}'],
    [
      'a damaged indicator',
      '{"at":1,"fingerprint":"","hits":[{"kind":"exact","indicator":{"type":"ipv4"}}]}',
    ],
  ])('is none when it is %s', (_what, text) => {
    expect(decodeAnswer(new TextEncoder().encode(text))).toBeUndefined()
  })

  it('is none when it is not UTF-8', () => {
    expect(decodeAnswer(Uint8Array.of(0x22, 0xff, 0x22))).toBeUndefined()
  })
})
