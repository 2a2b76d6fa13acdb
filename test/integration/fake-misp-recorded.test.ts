import { describe, expect, it } from 'vitest'
import { recordingPresent } from '../support/fake-misp/recorded/exchanges.ts'
import { replay } from '../support/fake-misp/recorded/replay.ts'

const LEAST_SHARE = 0.9

/** Where the fake answers otherwise than the real server did, and why it may. */
const DISAGREEING: Readonly<Record<string, string>> = {
  meta__describeTypes: 'nothing here asks for the list of types',
  format__rpz: 'a format for name servers: the fake writes a stub',
  format__snort: 'a format for sensors: the fake writes a stub',
  format__suricata: 'a format for sensors: the fake writes a stub',
  attribute__tags_index_search: 'the taxonomies of the server with all their tags are not known',
  events__view_by_uuid:
    'the server gives the id of a warning-list as a number in one call and as a text in the next',
  events__view_object_event: 'as events__view_by_uuid',
}

it('has the recording of a real MISP beside the checkout', (context) => {
  context.skip(
    !recordingPresent,
    'the folder shared/data/misp-recorded is absent: the fake is not compared with it',
  )
  expect(recordingPresent).toBe(true)
})

describe.skipIf(!recordingPresent)('the fake MISP against the recording', () => {
  it('answers at least 90 % of the recorded requests as MISP did, but for those whose reason is known', async () => {
    const replayed = await replay()
    const differing = replayed.filter(({ difference }) => difference !== undefined)
    const share = 1 - differing.length / replayed.length
    const known = Object.entries(DISAGREEING).map(([name, reason]) => `\n  ${name}: ${reason}`)
    const agreeing = replayed.length - differing.length
    process.stdout.write(
      `${agreeing} of ${replayed.length} agree (${(share * 100).toFixed(1)} %). Not: ${known.join('')}\n`,
    )
    expect(replayed).toHaveLength(692)
    expect(share).toBeGreaterThanOrEqual(LEAST_SHARE)
    const names = differing.map(({ exchange }) => exchange.name)
    const fresh = differing.filter(({ exchange }) => DISAGREEING[exchange.name] === undefined)
    expect(fresh.map(({ exchange, difference }) => `${exchange.name}: ${difference}`)).toEqual([])
    expect(
      Object.keys(DISAGREEING).filter((name) => !names.includes(name)),
      'now agree: take them out',
    ).toEqual([])
  })
})
