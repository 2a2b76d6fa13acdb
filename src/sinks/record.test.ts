import { describe, expect, it } from 'vitest'
import { sampleIndicator, sampleMatch } from '../../test/support/sink-samples.ts'
import { indicatorRecord, matchHead, mispRecord } from './record.ts'

describe('the record of a match', () => {
  it('says that an answer was stale, and of a late one both times', () => {
    const match = sampleMatch({ via: 'cache', stale: true, delayedSince: Date.UTC(2026, 2, 9, 7, 50) })
    const record = matchHead(match)
    expect(record.timestamp).toBe('2026-03-09T08:00:01.000Z')
    expect(record.match).toEqual({
      kind: 'exact',
      via: 'cache',
      stale: true,
      delayed: true,
      seen_at: '2026-03-09T07:50:00.000Z',
      providers: ['lists'],
    })
  })

  it('puts into the keys of the older processor what is not held back', () => {
    const held = { indicator: sampleIndicator({ event: '1' }), kind: 'exact', heldBy: 'expired' } as const
    const counts = { indicator: sampleIndicator({ event: '2' }), kind: 'exact' } as const
    expect(mispRecord(sampleMatch({ indicators: [held, counts] })).event_id).toBe('2')
    expect(mispRecord(sampleMatch({ indicators: [held] })).event_id).toBe('1')
  })

  it('names the warning-lists a value stands on, and bounds every list of names', () => {
    const long = Array.from({ length: 50 }, (_, n) => `${n}${'n'.repeat(500)}`)
    const indicator = sampleIndicator({ threatActors: long, malware: [] })
    const record = indicatorRecord({ indicator, kind: 'exact', warnings: ['Top 1000'] })
    expect(record.warning_lists).toEqual(['Top 1000'])
    expect(record.threat_actors).toHaveLength(20)
    expect(record.threat_actors?.every((name) => name.length === 128)).toBe(true)
    expect(record).not.toHaveProperty('malware')
  })
})
