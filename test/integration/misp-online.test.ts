import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { systemClock } from '../../src/core/clock.ts'
import { openStore } from '../../src/store/registry.ts'
import { storeEvents } from '../../src/telemetry/events/store.ts'
import type { FakeMisp } from '../support/fake-misp/fake-misp.ts'
import { NO_ABORT } from '../support/lookup.ts'
import { asking, cleanUp, fake, observable, told } from '../support/misp-provider.ts'
import { recordedTelemetry } from '../support/telemetry.ts'

/** The bodies of the searches so far. */
function searches(misp: FakeMisp): readonly { readonly value: { readonly OR: readonly string[] } }[] {
  return misp.requests
    .filter(({ path }) => path.endsWith('/attributes/restSearch'))
    .map(({ body }) => JSON.parse(body) as { value: { OR: string[] } })
}

function address(index: number): string {
  return `45.${(index >> 16) & 255}.${(index >> 8) & 255}.${index & 255}`
}

function digest(index: number): string {
  return `8c${index.toString(16).padStart(62, '0')}`
}

describe('10,000 new addresses and digests', () => {
  const values = Array.from({ length: 10_000 }, (_, index) =>
    index % 2 === 0 ? observable('ipv4', address(index)) : observable('sha256', digest(index)),
  )

  it('take at most 60 requests of at most 190 values, and none a second time', async () => {
    const misp = await fake([
      { type: 'ip-dst', value: address(4242) },
      { type: 'filename|sha256', value: `a.exe|${digest(77)}` },
    ])
    const { ask } = asking(misp)
    const first = await ask(values)
    const requests = searches(misp)
    expect(requests.length).toBeLessThanOrEqual(60)
    expect(Math.max(...requests.map(({ value }) => value.OR.length))).toBeLessThanOrEqual(190)
    expect(first.filter(({ kind }) => kind === 'hit').map(told)).toEqual([
      [`composite filename|sha256 ${digest(77)}`],
      [`exact ip-dst ${address(4242)}`],
    ])
    expect(first.filter(({ kind }) => kind === 'miss')).toHaveLength(9998)

    const second = await ask(values)
    expect(searches(misp)).toHaveLength(requests.length)
    expect(second.filter(({ kind }) => kind === 'hit')).toHaveLength(2)
  })

  it('take no more when each is asked for by itself, at once', async () => {
    const misp = await fake()
    const { ask } = asking(misp)
    const answers = await Promise.all(values.map((one) => ask([one])))
    expect(answers.flat().filter(({ kind }) => kind === 'miss')).toHaveLength(10_000)
    expect(searches(misp).length).toBeLessThanOrEqual(60)
  })
})

describe('a known-bad value', () => {
  it('is a hit each time within its cache time, with its context', async () => {
    const misp = await fake()
    misp.addEvent({
      info: 'Campaign',
      date: '2026-03-01',
      threatLevelId: 1,
      orgc: 'CERT-X',
      tags: ['tlp:amber', 'misp-galaxy:threat-actor="APT28"'],
      attributes: [
        { type: 'domain', value: 'evil.example.com', category: 'Network activity', comment: 'C2' },
      ],
    })
    const { ask } = asking(misp)
    const [first] = await ask([observable('domain', 'www.evil.example.com')])
    const [second] = await ask([observable('domain', 'www.evil.example.com')])
    const expected = {
      kind: 'hit',
      indicators: [
        {
          kind: 'parent-domain',
          indicator: {
            value: 'evil.example.com',
            provider: 'misp',
            title: 'Campaign',
            eventDate: '2026-03-01',
            threatLevel: 'high',
            organisation: 'CERT-X',
            category: 'Network activity',
            comment: 'C2',
            tlp: 'amber',
            threatActors: ['APT28'],
            detection: true,
          },
        },
      ],
    }
    expect(first).toMatchObject(expected)
    expect(second).toMatchObject({ ...expected, via: 'cache' })
    expect(searches(misp)).toHaveLength(1)
  })

  it('is remembered over a restart', async () => {
    const misp = await fake([{ type: 'ip-src', value: '45.1.2.3' }])
    const stateDir = mkdtempSync(join(tmpdir(), 'tripline-misp-'))
    cleanUp.push(() => rmSync(stateDir, { recursive: true }))
    const context = { stateDir, clock: systemClock, events: storeEvents(recordedTelemetry()) }
    const values = [observable('ipv4', '45.1.2.3'), observable('ipv4', '45.1.2.4')]
    for (const run of [1, 2]) {
      const store = await openStore({ type: 'lmdb' }, context)
      const { provider, ask } = asking(misp, {}, store)
      expect(await ask(values)).toMatchObject([{ kind: 'hit' }, { kind: 'miss' }])
      expect((await ask(values)).map((verdict) => verdict.kind !== 'unanswered' && verdict.via)).toEqual([
        'cache',
        'cache',
      ])
      await provider.close()
      await store.close()
      expect({ run, searches: searches(misp).length }).toEqual({ run, searches: 1 })
    }
  })

  it('still is one while MISP is down, marked stale; what was unknown waits for its answer', async () => {
    const misp = await fake([{ type: 'ip-src', value: '45.1.2.3' }])
    const { ask } = asking(misp, { cacheTtl: '1ms', negativeCacheTtl: '1ms' })
    const values = [observable('ipv4', '45.1.2.3'), observable('ipv4', '45.1.2.4')]
    expect(await ask(values)).toMatchObject([{ kind: 'hit' }, { kind: 'miss' }])
    await misp.stop()
    await expect
      .poll(() => ask(values))
      .toMatchObject([
        { kind: 'hit', stale: true },
        { kind: 'unanswered', error: { code: 'PROVIDER_UNREACHABLE' } },
      ])
  })
})

describe('what is found', () => {
  it('is only what was asked for, whatever MISP takes for equal', async () => {
    const misp = await fake([
      { type: 'url', value: 'http://evil.example.com/Path' },
      { type: 'url', value: 'http://EVIL.example.com/path' },
      { type: 'ip-dst|port', value: '45.1.2.3|8443' },
      { type: 'domain|ip', value: 'evil.example.net|45.1.2.4' },
      { type: 'filename', value: 'evil.example.org' },
      { type: 'email-src', value: 'éve@evil.example.com' },
    ])
    const { ask, telemetry } = asking(misp)
    const answers = await ask([
      observable('url', 'http://evil.example.com/path'),
      observable('url', 'http://evil.example.com/PATH'),
      observable('ipv4', '45.1.2.3'),
      observable('domain', 'evil.example.net'),
      observable('ipv4', '45.1.2.4'),
      observable('domain', 'evil.example.org'),
      observable('email', 'eve@evil.example.com'),
    ])
    expect(answers.map(told)).toEqual([
      ['exact url http://evil.example.com/path'],
      ['miss'],
      ['composite ip-dst|port 45.1.2.3'],
      ['composite domain|ip evil.example.net'],
      ['composite domain|ip 45.1.2.4'],
      ['miss'],
      ['miss'],
    ])
    expect(await telemetry.metrics.byReason('provider_rows_dropped_total')).toMatchObject({
      not_asked: expect.any(Number) as number,
      unsupported_type: 1,
    })
  })

  it('is the URL in all the ways it may have been typed', async () => {
    const misp = await fake([
      { type: 'url', value: 'http://evil.example.com' },
      { type: 'url', value: 'https://evil.example.net:443/a' },
      { type: 'uri', value: 'evil.example.org/gate.php' },
      { type: 'url', value: 'hxxp://münchen.example.com/café' },
    ])
    const { ask } = asking(misp)
    const answers = await ask([
      observable('url', 'http://evil.example.com/'),
      observable('url', 'https://evil.example.net/a'),
      observable('url', 'https://evil.example.org/gate.php'),
      observable('url', 'http://xn--mnchen-3ya.example.com/caf%C3%A9'),
    ])
    expect(answers.map((verdict) => told(verdict)[0]?.split(' ')[0])).toEqual(Array(4).fill('exact'))
  })

  it('is not changed by % and ! in values', async () => {
    const misp = await fake([
      { type: 'url', value: 'http://evil.example.com/?q=50%' },
      { type: 'url', value: 'http://evil.example.com/?q=50%25' },
      { type: 'email-src', value: '%a_b@evil.example.com' },
      { type: 'email-src', value: 'x%axb@evil.example.com' },
      { type: 'email-src', value: '!eve@evil.example.com' },
      { type: 'email-src', value: 'bob@evil.example.com' },
    ])
    const { ask } = asking(misp)
    const answers = await ask([
      observable('url', 'http://evil.example.com/?q=50%'),
      observable('email', '%a_b@evil.example.com'),
      observable('email', '!eve@evil.example.com'),
      observable('email', '%@evil.example.com'),
    ])
    expect(answers.map(told)).toEqual([
      ['exact url http://evil.example.com/?q=50%'],
      ['exact email-src %a_b@evil.example.com'],
      ['exact email-src !eve@evil.example.com'],
      ['miss'],
    ])
  })

  it('is of published events and for detection, unless the settings say otherwise', async () => {
    const misp = await fake([{ type: 'ip-dst', value: '45.1.2.3', to_ids: false }])
    misp.addEvent({ published: false, attributes: [{ type: 'ip-dst', value: '45.1.2.3' }] })
    const values = [observable('ipv4', '45.1.2.3')]
    expect((await asking(misp).ask(values)).map(told)).toEqual([['miss']])
    const lax = asking(misp, { toIds: false, published: false })
    expect((await lax.ask(values)).map(told)).toEqual([['exact ip-dst 45.1.2.3', 'exact ip-dst 45.1.2.3']])
  })

  it('comes from a MISP below a path, in the old spelling of the setting too', async () => {
    const misp = await fake([{ type: 'ip-dst', value: '45.1.2.3' }], { basePath: '/misp' })
    const { ask } = asking(misp, { url: `${misp.url}/attributes/restSearch/` })
    const [verdict] = await ask([observable('ipv4', '45.1.2.3')])
    expect(verdict).toMatchObject({
      kind: 'hit',
      indicators: [{ indicator: { link: expect.stringMatching(`^${misp.url}/events/view/`) as string } }],
    })
  })
})

describe('a big answer', () => {
  it('of one popular value does not starve the others', async () => {
    const misp = await fake([{ type: 'domain', value: 'evil.example.com' }])
    misp.addEvent({
      attributes: { count: 20_000, at: () => ({ type: 'domain', value: 'popular.example.com' }) },
    })
    const { ask } = asking(misp)
    const others = Array.from({ length: 50 }, (_, index) => observable('ipv4', address(index)))
    const answers = await ask([
      observable('domain', 'popular.example.com'),
      ...others,
      observable('domain', 'evil.example.com'),
    ])
    expect(told(answers[0]).length).toBeGreaterThanOrEqual(10_000)
    expect(told(answers.at(-1))).toEqual(['exact domain evil.example.com'])
    expect(answers.filter(({ kind }) => kind === 'miss')).toHaveLength(50)
  })

  it('is read in the smaller pages of a server that caps them', async () => {
    const attributes = Array.from({ length: 30 }, (_, index) => ({ type: 'ip-dst', value: address(index) }))
    const misp = await fake(attributes)
    misp.setFault('page-cap', { rows: 12 })
    const { ask } = asking(misp)
    const answers = await ask(attributes.map(({ value }) => observable('ipv4', value)))
    expect(answers.map(({ kind }) => kind)).toEqual(attributes.map(() => 'hit'))
  })
})

describe('an outage', () => {
  it('leaves values unanswered and is over when MISP answers again', async () => {
    const misp = await fake([{ type: 'ip-dst', value: '45.1.2.3' }])
    const { provider, ask } = asking(misp, { breakerThreshold: 1, breakerTimeout: '50ms' })
    const values = [observable('ipv4', '45.1.2.3')]
    await misp.stop()
    expect(await ask(values)).toMatchObject([{ kind: 'unanswered', error: { code: 'PROVIDER_UNREACHABLE' } }])
    await misp.start()
    await provider.answering?.(NO_ABORT)
    expect((await ask(values)).map(told)).toEqual([['exact ip-dst 45.1.2.3']])
  })
})

describe('after close', () => {
  it('nothing is asked, and what was being asked is unanswered', async () => {
    const misp = await fake()
    misp.setFault('hang', { path: /restSearch/ })
    const { provider, ask } = asking(misp)
    const open = ask([observable('ipv4', '45.1.2.3')])
    await provider.close()
    expect(await open).toMatchObject([{ kind: 'unanswered' }])
    const before = misp.requests.length
    expect(await ask([observable('ipv4', '45.1.2.4')])).toMatchObject([{ kind: 'unanswered' }])
    expect(misp.requests).toHaveLength(before)
  })
})
