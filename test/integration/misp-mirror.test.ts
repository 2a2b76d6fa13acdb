import { describe, expect, it } from 'vitest'
import { readStatus } from '../../src/intel/mirror/status.ts'
import { useMirror } from '../support/misp-mirror.ts'
import { row } from '../support/scripted-misp.ts'

const bench = useMirror()

const HOUR_MS = 3_600_000

/** `count` events with domains of their own. */
function fill(count: number, attributes = 2): readonly string[] {
  return Array.from({ length: count }, (_, event) =>
    bench.misp().add(Array.from({ length: attributes }, (__, i) => `d${i}.e${event}.example.net`)),
  )
}

/** 400 domains. */
function many(name: string): readonly string[] {
  return Array.from({ length: 400 }, (_, i) => `n${i}.${name}.net`)
}

describe('changes of an event', () => {
  it('R44: an attribute added, deleted softly, deleted for good, switched off: seen when it is published again', async () => {
    const misp = bench.misp()
    const uuid = misp.add(['a.net', 'b.net', 'c.net'])
    const run = bench.start()
    await run.settled()
    const change = (edit: Parameters<typeof misp.edit>[1]): void => {
      misp.edit(uuid, edit)
      misp.publish(uuid)
    }
    change(({ rows }) => rows.push(row('d.net')))
    expect(await run.round()).toEqual(['a.net', 'b.net', 'c.net', 'd.net'])
    change(({ rows }) => {
      for (const each of rows) if (each.value === 'a.net') each.deleted = true
    })
    expect(await run.round()).toEqual(['b.net', 'c.net', 'd.net'])
    change((event) => {
      event.rows = event.rows.filter(({ value }) => value !== 'b.net')
    })
    expect(await run.round()).toEqual(['c.net', 'd.net'])
    change(({ rows }) => {
      for (const each of rows) if (each.value === 'c.net') each.toIds = false
    })
    expect(await run.round()).toEqual(['!c.net', 'd.net'])
    change(({ rows }) => rows.forEach((each) => (each.deleted = true)))
    expect(await run.round()).toEqual([])
  })

  it('an edit hides it from others: its last published state stays for the time of grace', async () => {
    const misp = bench.misp()
    const uuid = misp.add(['a.net'])
    misp.add(['b.net'])
    const settings = { mirror: { grace: '1d', reconcile: '1h' } }
    const run = bench.start(settings)
    await run.settled()
    misp.edit(uuid, ({ rows }) => rows.push(row('draft.net')))
    await run.pass(HOUR_MS)
    await run.settled()
    for (let hour = 0; hour < 23; hour++) {
      await run.pass(HOUR_MS)
      await run.settled()
    }
    expect(run.values()).toEqual(['a.net', 'b.net'])
    // Also over a restart: the time goes on.
    await run.stop()
    const second = bench.start(settings)
    await second.settled()
    expect(second.values()).toEqual(['a.net', 'b.net'])
    await second.pass(HOUR_MS * 2)
    await second.settled()
    expect(second.values()).toEqual(['b.net'])
    misp.publish(uuid)
    await second.round()
    expect(second.values()).toEqual(['a.net', 'b.net', 'draft.net'])
  })

  it('published later, with old timestamps of its attributes and its own', async () => {
    const misp = bench.misp()
    misp.add(['a.net'])
    const uuid = misp.add(['late.net'], { published: false, timestamp: 1000, publishedAt: 0 })
    const run = bench.start()
    await run.settled()
    await run.round()
    misp.publish(uuid)
    expect(await run.round()).toEqual(['a.net', 'late.net'])
  })

  it('published at the very second of the last look, or told late: found by the overlap, and fetched once', async () => {
    const misp = bench.misp()
    const run = bench.start({ mirror: { overlap: '5m', reconcile: '1d' } })
    await run.settled()
    misp.add(['late.net'], { timestamp: misp.now - 500, publishedAt: misp.now - 290 })
    misp.taken('attributes')
    expect(await run.round()).toEqual(['late.net'])
    expect(misp.taken('attributes')).toBe(1)
    misp.add(['later.net'], { timestamp: misp.now - 500, publishedAt: misp.now })
    await run.round()
    await run.round()
    expect(misp.taken('attributes')).toBe(1)
    expect(run.values()).toEqual(['late.net', 'later.net'])
  })

  it('listed while MISP still saves its attributes, with its final timestamp: fetched again when it is published', async () => {
    const misp = bench.misp()
    const uuid = misp.add(['a.net'], { publishedAt: 0 })
    const other = misp.add(['other.net'])
    const run = bench.start()
    await run.settled()
    expect(run.values()).toEqual(['a.net', 'other.net'])
    misp.now += 30
    misp.events.get(uuid)?.rows.push(row('b.net'))
    misp.publish(uuid)
    // An edit from another instance: as published, with a timestamp from there, while the last publication is not long ago.
    const edited = misp.events.get(other)
    if (edited !== undefined) edited.timestamp += 1
    misp.publish(other)
    expect(await run.round()).toEqual(['a.net', 'b.net', 'other.net'])
    misp.now += 30
    edited?.rows.push(row('more.net'))
    misp.publish(other)
    misp.taken('attributes')
    expect(await run.round()).toEqual(['a.net', 'b.net', 'more.net', 'other.net'])
    expect(misp.taken('attributes')).toBe(1)
    await run.round()
    expect(misp.taken('attributes')).toBe(0)
  })

  it('whose number is that of another event meanwhile: not filled with that', async () => {
    const misp = bench.misp()
    const uuid = misp.add(['a.net'])
    const run = bench.start()
    await run.settled()
    misp.edit(uuid, ({ rows }) => rows.push(row('b.net')))
    misp.publish(uuid)
    const moved = misp.events.get(uuid)
    misp.before = ({ kind }) => {
      if (kind !== 'attributes' || moved === undefined) return
      misp.events.delete(uuid)
      misp.events.set('other', {
        ...moved,
        uuid: '5f6c2b1e-0000-4000-8000-00000000ffff',
        rows: [row('x.net')],
      })
    }
    expect(await run.round()).toEqual(['a.net'])
  })

  it('changed twice within one second: fetched again', async () => {
    const misp = bench.misp()
    const uuid = misp.add(['a.net'])
    const run = bench.start()
    await run.settled()
    misp.now += 7 * 60
    misp.edit(uuid, ({ rows }) => rows.push(row('b.net')))
    misp.publish(uuid)
    misp.now -= 7 * 60
    expect(await run.round()).toEqual(['a.net', 'b.net'])
    const { timestamp = 0 } = misp.events.get(uuid) ?? {}
    misp.edit(uuid, (event) => {
      event.rows.push(row('c.net'))
    })
    const event = misp.events.get(uuid)
    if (event !== undefined) event.timestamp = timestamp
    misp.publish(uuid)
    expect(await run.round()).toEqual(['a.net', 'b.net', 'c.net'])
  })

  it('edited while it is read, page by page: what it had before stays', async () => {
    const misp = bench.misp()
    const uuid = misp.add(Array.from({ length: 250 }, (_, i) => `n${i}.example.net`))
    const run = bench.start()
    await run.settled()
    misp.edit(uuid, (event) => {
      event.rows = Array.from({ length: 300 }, (_, i) => row(`m${i}.example.net`))
    })
    misp.publish(uuid)
    misp.before = (call) => {
      if (call.kind !== 'attributes' || call.query.page !== 2) return
      misp.before = () => undefined
      misp.edit(uuid, (event) => {
        event.rows = event.rows.slice(0, 50)
      })
    }
    await run.round()
    expect(run.values()).toHaveLength(250)
    expect(run.values()[0]).toBe('n0.example.net')
    misp.publish(uuid)
    expect(await run.round()).toHaveLength(50)
  })

  it('without any attributes suddenly: believed when it is seen twice', async () => {
    const misp = bench.misp()
    const uuid = misp.add(['a.net', 'b.net'])
    const run = bench.start()
    await run.settled()
    misp.edit(uuid, (event) => {
      event.rows = []
    })
    misp.publish(uuid)
    expect(await run.round()).toHaveLength(2)
    misp.publish(uuid)
    expect(await run.round()).toEqual([])
  })
})

describe('the comparison with all events', () => {
  it('removes an event that was deleted for good', async () => {
    const [uuid = ''] = fill(10)
    const run = bench.start()
    await run.settled()
    bench.misp().events.delete(uuid)
    await run.round()
    expect(run.held.size).toBe(10)
    await run.pass(HOUR_MS)
    await run.settled()
    expect(run.held.size).toBe(9)
    expect(run.held.has(uuid)).toBe(false)
  })

  it('believes a list that is suddenly empty only when it is so twice, also over a restart', async () => {
    const misp = bench.misp()
    fill(10)
    const events = new Map(misp.events)
    const run = bench.start()
    await run.settled()
    misp.events.clear()
    await run.pass(HOUR_MS)
    await run.settled()
    expect(run.held.size).toBe(10)
    expect(
      run.logged(
        'MISP lists far fewer events than before: nothing is removed unless the next full comparison says the same',
      ),
    ).toBe(1)
    for (const [uuid, event] of events) misp.events.set(uuid, event)
    await run.pass(HOUR_MS)
    await run.settled()
    misp.events.clear()
    await run.pass(HOUR_MS)
    await run.settled()
    expect(run.held.size).toBe(10)
    await run.stop()
    const second = bench.start()
    await second.settled()
    expect(second.held.size).toBe(10)
    await second.pass(HOUR_MS)
    await second.settled()
    expect(second.held.size).toBe(0)
  })

  it('takes all events when the settings want unpublished ones, too', async () => {
    const misp = bench.misp()
    const uuid = misp.add(['a.net'], { published: false })
    const run = bench.start({ published: false })
    await run.settled()
    expect(run.values()).toEqual(['a.net'])
    misp.edit(uuid, ({ rows }) => rows.push(row('b.net')))
    await run.pass(HOUR_MS)
    await run.settled()
    expect(run.values()).toEqual(['a.net', 'b.net'])
  })
})

describe('bounds', () => {
  it('leaves out the oldest events beyond the most indicators, says so, and takes them when there is room', async () => {
    const misp = bench.misp()
    const [, , newest = ''] = [1, 2, 3].map((n) => misp.add(many(`e${n}`), { timestamp: 1000 * n }))
    const run = bench.start({ mirror: { maxIndicators: 1000 } })
    await run.settled()
    expect(run.held.size).toBe(2)
    expect(run.held.has(newest)).toBe(true)
    expect(run.mirror.state()).toBe('partial')
    expect(await readStatus(bench.folder(), 'misp')).toMatchObject({ state: 'partial', leftOut: 1 })
    expect(run.logged('The mirror is at its most indicators: events are left out')).toBe(1)
    misp.taken('attributes')
    await run.round()
    expect(misp.taken('attributes')).toBe(0)
    misp.events.delete(newest)
    await run.pass(HOUR_MS)
    await run.settled()
    expect(run.held.size).toBe(2)
    expect(run.mirror.state()).toBe('fresh')
  })

  it('does not read an event to its end that is larger than all there may be', async () => {
    const misp = bench.misp()
    misp.add(Array.from({ length: 5000 }, (_, i) => `n${i}.example.net`))
    const run = bench.start({ mirror: { maxIndicators: 1000 } })
    await run.settled()
    expect(run.held.size).toBe(0)
    expect(misp.taken('attributes')).toBeLessThan(13)
  })
})
