import { describe, expect, it } from 'vitest'
import { byObservable, byPattern, indicatorOf, openCtiMatch } from '../../test/support/opencti-samples.ts'
import { sampleAlert, sampleIndicator, sampleMatch } from '../../test/support/sink-samples.ts'
import type { Match } from '../core/match.ts'
import type { Notice } from '../core/ports.ts'
import { wazuhEvent } from './wazuh-event.ts'
import { wazuhLines, wazuhNoticeLine } from './wazuh-events.ts'

const FORMAT = { integration: 'intel', maxIndicatorEvents: 3, maxObservableEvents: 3 }

/** `<alert> <integration> <event type or provider>` */
function told(matches: readonly Match[]): readonly string[] {
  return wazuhLines(matches, FORMAT).map(({ alert, integration, text }) => {
    const event = JSON.parse(text) as {
      integration: string
      opencti?: { event_type: string }
      tripline: { provider: string }
    }
    expect(event.integration).toBe(integration)
    return `${alert.id} ${integration} ${event.opencti?.event_type ?? event.tripline.provider}`
  })
}

const one = sampleAlert({ id: '1' })
const two = sampleAlert({ id: '2' })
const direct = (id: string) => byPattern(indicatorOf(id))

describe('the events of a delivery', () => {
  it('are those of the MISP form for all but OpenCTI, unchanged', () => {
    const matches = [sampleMatch({ alert: one }), sampleMatch({ alert: two })]
    expect(wazuhLines(matches, FORMAT)).toEqual(
      matches.map((match) => ({ alert: match.alert, text: wazuhEvent(match, FORMAT), integration: 'intel' })),
    )
  })

  it('are told alert by alert, each indicator of OpenCTI once for an alert', () => {
    const matches = [
      openCtiMatch([direct('a')], { alert: one }),
      sampleMatch({ alert: two }),
      openCtiMatch([direct('a'), direct('b')], { alert: one, value: '11.22.33.55' }),
      openCtiMatch([direct('a')], { alert: two }),
    ]
    expect(told(matches)).toEqual([
      '1 opencti indicator_pattern_match',
      '1 opencti indicator_pattern_match',
      '2 intel lists',
      '2 opencti indicator_pattern_match',
    ])
  })

  it('are of both forms for what both know', () => {
    const match = openCtiMatch([direct('a')], { alert: one })
    const known = { indicator: sampleIndicator(), kind: 'exact' } as const
    const both = { ...match, indicators: [...match.indicators, known] as const }
    expect(told([both])).toEqual(['1 intel lists', '1 opencti indicator_pattern_match'])
    // The list is not what made it a true match.
    const held = {
      ...match,
      indicators: [...match.indicators, { ...known, heldBy: 'expired' }] as const,
    } as Match
    expect(told([held])).toEqual(['1 opencti indicator_pattern_match'])
    const flagged = {
      ...match,
      indicators: [...match.indicators, { ...known, heldBy: 'expired', flagged: true }] as const,
    } as Match
    expect(told([flagged])).toEqual(['1 intel lists', '1 opencti indicator_pattern_match'])
  })

  it('are none for matches that are held back', () => {
    expect(told([openCtiMatch([direct('a')], { changes: { suppressedBy: ['score'] } })])).toEqual([])
    expect(told([sampleMatch({ suppressedBy: ['score'] })])).toEqual([])
  })

  it('tell what lacks a part of its context in the MISP form, rather than not at all', () => {
    const { observable: _, ...lame } = byObservable(indicatorOf('a'))
    expect(told([openCtiMatch([lame], { alert: one })])).toEqual(['1 intel cti'])
  })
})

it('gives every event of an alert an id of its own, the same each time', () => {
  const known = { indicator: sampleIndicator(), kind: 'exact' } as const
  const match = openCtiMatch([direct('a'), direct('b')], { alert: one, changes: { id: 'm-1' } })
  const both = { ...match, indicators: [...match.indicators, known] as const }
  const other = openCtiMatch([direct('c')], { alert: one, value: '11.22.33.55', changes: { id: 'm-2' } })
  const ids = () =>
    wazuhLines([both, other], FORMAT).map(({ text }) => {
      const { tripline } = JSON.parse(text) as { tripline: { id: string; event_id: string } }
      expect(tripline.event_id.startsWith(`${tripline.id}/`)).toBe(true)
      return tripline.event_id
    })
  expect(new Set(ids()).size).toBe(4)
  expect(ids()).toEqual(ids())
})

describe('a trouble with a provider', () => {
  const notice: Notice = { provider: 'p', kind: 'failing', code: 'PROVIDER_REFUSED', message: 'no', at: 1 }
  const event = (changes: Partial<Notice>) =>
    JSON.parse(wazuhNoticeLine({ ...notice, ...changes }, FORMAT)) as object

  it('is of the form of its platform; the end of it of none, as unknown types raise an alert of level 10', () => {
    expect(event({})).toMatchObject({ integration: 'intel', misp: { error: 'no' } })
    expect(event({ platform: 'misp' })).toMatchObject({ integration: 'intel', misp: { error: 'no' } })
    expect(event({ platform: 'opencti' })).toMatchObject({
      integration: 'opencti',
      opencti: { event_type: 'error' },
    })
    const over = event({ platform: 'opencti', kind: 'recovered' })
    expect(over).toMatchObject({ integration: 'tripline', tripline: { event: 'recovered' } })
    expect(over).not.toHaveProperty('opencti')
  })
})
