import { describe, expect, it } from 'vitest'
import {
  domain,
  domains,
  failure,
  heldAsk,
  hit,
  MISS,
  NO_ABORT,
  settled,
} from '../../../test/support/lookup.ts'
import { coalesce } from './coalesce.ts'

const [a, b, c] = [domain('a.example.net'), domain('b.example.net'), domain('c.example.net')]
const values = (asked: ReturnType<typeof heldAsk>['asked']) => asked.map((each) => each.values.join())

describe('coalesce', () => {
  it('asks a value once for all who want it at the same time', async () => {
    const { ask, asked } = heldAsk()
    const lookup = coalesce()(ask)
    const first = lookup([a, b], NO_ABORT)
    const second = lookup([b, c], NO_ABORT)
    expect(values(asked)).toEqual([a.value, b.value, c.value])
    for (const each of asked) each.answer(hit)
    expect((await first).get('domain:b.example.net')).toEqual(hit(b))
    expect((await second).get('domain:b.example.net')).toEqual(hit(b))
    expect([...(await second).keys()]).toEqual(['domain:b.example.net', 'domain:c.example.net'])
  })

  it('asks anew when the answer is there', async () => {
    const { ask, asked } = heldAsk()
    const lookup = coalesce()(ask)
    const first = lookup([a], NO_ABORT)
    asked[0]?.answer()
    await first
    void lookup([a], NO_ABORT)
    expect(asked).toHaveLength(2)
  })

  it('lets a caller wait for its own values only', async () => {
    const { ask, asked } = heldAsk()
    const lookup = coalesce()(ask)
    void lookup(domains(100), NO_ABORT)
    const small = lookup([domain('host7.example.net')], NO_ABORT)
    asked[7]?.answer()
    expect((await small).size).toBe(1)
  })

  it('goes on for the others when one caller leaves, who gets what is there', async () => {
    const { ask, asked } = heldAsk()
    const lookup = coalesce()(ask)
    const leaver = new AbortController()
    const first = lookup([a, b], leaver.signal)
    const second = lookup([b], NO_ABORT)
    asked[0]?.answer()
    await settled()
    leaver.abort()
    const left = await first
    expect(left.get('domain:a.example.net')).toEqual(MISS)
    expect(left.get('domain:b.example.net')).toMatchObject({ kind: 'unanswered' })
    expect(asked[1]?.signal.aborted).toBe(false)
    asked[1]?.answer()
    expect((await second).get('domain:b.example.net')).toEqual(MISS)
  })

  it('aborts the flight when all have left, and starts a new one for who comes then', async () => {
    const { ask, asked } = heldAsk()
    const lookup = coalesce()(ask)
    const leavers = [new AbortController(), new AbortController()]
    const both = leavers.map(({ signal }) => lookup([a], signal))
    leavers[0]?.abort()
    expect(asked[0]?.signal.aborted).toBe(false)
    leavers[1]?.abort()
    expect(asked[0]?.signal.aborted).toBe(true)
    await Promise.all(both)
    const late = lookup([a], NO_ABORT)
    expect(asked).toHaveLength(2)
    asked[0]?.fail(new Error('too late'))
    asked[1]?.answer()
    expect((await late).get('domain:a.example.net')).toEqual(MISS)
  })

  it('answers a caller who has left before', async () => {
    const { ask, asked } = heldAsk()
    const answers = await coalesce()(ask)([a], AbortSignal.abort())
    expect(answers.get('domain:a.example.net')).toMatchObject({ kind: 'unanswered' })
    expect(asked).toHaveLength(0)
  })

  it('answers nothing with nothing, and a value given twice once', async () => {
    const { ask, asked } = heldAsk()
    const lookup = coalesce()(ask)
    expect((await lookup([], NO_ABORT)).size).toBe(0)
    const twice = lookup([a, a], NO_ABORT)
    expect(asked).toHaveLength(1)
    asked[0]?.answer()
    expect((await twice).size).toBe(1)
  })

  it('makes a verdict of what breaks the contract below it', async () => {
    const rejects = await coalesce()(() => Promise.reject(failure('PROVIDER_REFUSED')))([a], NO_ABORT)
    expect(rejects.get('domain:a.example.net')).toMatchObject({ error: { code: 'PROVIDER_REFUSED' } })
    const forgets = await coalesce()(() => Promise.resolve(new Map()))([a], NO_ABORT)
    expect(forgets.get('domain:a.example.net')).toMatchObject({ error: { code: 'INTERNAL' } })
  })
})
