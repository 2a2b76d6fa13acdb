import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, it } from 'vitest'
import { createMispClient } from '../../src/intel/misp/client/client.ts'
import { mispConfig } from '../../src/intel/misp/config.ts'
import { openCopy, type MispCopy } from '../../src/intel/misp/mirror/copy.ts'
import type { RoundKind } from '../../src/telemetry/events/misp-mirror.ts'
import { startFakeMisp, type FakeMisp } from '../support/fake-misp/fake-misp.ts'
import { recordedTelemetry } from '../support/telemetry.ts'

const noAbort = new AbortController().signal

let folder: string
let misp: FakeMisp
let copy: MispCopy
let close: () => Promise<void>
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'tripline-mirror-'))
  misp = await startFakeMisp()
  const config = mispConfig.parse({
    type: 'misp',
    mode: 'mirror',
    url: misp.url,
    apiKey: misp.keys.user,
    mirror: { pageSize: 100 },
  })
  const telemetry = recordedTelemetry()
  const client = createMispClient({ config, provider: 'misp', telemetry })
  copy = await openCopy({ id: 'misp', config, client, telemetry, stateDir: folder }, () => undefined)
  close = async () => {
    await copy.close()
    await client.close()
  }
})
afterEach(async () => {
  await close()
  await misp.close()
  await rm(folder, { recursive: true })
})

async function round(kind: RoundKind): Promise<readonly string[]> {
  for await (const _ of copy.round(kind, noAbort));
  return values()
}

function values(): readonly string[] {
  return [...copy.snapshot.units.keys()]
    .flatMap((unit) => [...copy.snapshot.load(unit)].flat())
    .map(({ value, detection }) => (detection === false ? `!${value}` : value))
    .toSorted()
}

it('copies events with their context, page by page, also from a server that caps pages', async () => {
  const names = Array.from({ length: 250 }, (_, i) => `n${String(i).padStart(3, '0')}.evil-example.net`)
  const { id, uuid } = misp.addEvent({
    info: 'Large',
    tags: ['tlp:green'],
    attributes: names.map((value) => ({ type: 'domain', value })),
  })
  misp.addEvent({
    info: 'Small',
    attributes: [{ type: 'ip-dst|port', value: '198.51.100.7|443', comment: 'C2' }],
  })
  expect(await round('reconcile')).toEqual(['198.51.100.7', ...names])
  const [first] = [...copy.snapshot.load(uuid)].flat()
  expect(first).toMatchObject({
    source: `MISP event ${id}`,
    title: 'Large',
    tlp: 'green',
    eventUuid: uuid,
    link: expect.stringContaining(`${misp.url}/events/view/${uuid}/`) as string,
  })
  misp.setFault('page-cap', { rows: 30 })
  misp.addAttributes(uuid, [{ type: 'domain', value: 'zz.evil-example.net' }], { publish: true })
  expect(await round('delta')).toEqual(['198.51.100.7', ...names, 'zz.evil-example.net'])
})

it('follows edits, soft and hard deletion, switching off and late publication', async () => {
  const { uuid, attributes } = misp.addEvent({
    info: 'Changing',
    attributes: ['a', 'b', 'c'].map((name) => ({ type: 'domain', value: `${name}.evil-example.net` })),
  })
  const [a, b, c] = attributes.map((each) => each.uuid)
  const draft = misp.addEvent({
    info: 'Draft',
    published: false,
    attributes: [{ type: 'domain', value: 'draft.evil-example.net', timestamp: 1000 }],
  })
  expect(await round('reconcile')).toHaveLength(3)
  misp.editAttribute(a ?? '', { to_ids: false })
  expect(await round('delta')).toHaveLength(3)
  expect(await round('reconcile')).toHaveLength(3)
  expect(copy.snapshot.units.get(uuid)?.unpublishedSince).toBeGreaterThan(0)
  misp.deleteAttribute(b ?? '', 'soft')
  misp.deleteAttribute(c ?? '', 'hard')
  misp.publish(uuid)
  misp.publish(draft.uuid)
  expect(await round('delta')).toEqual(['!a.evil-example.net', 'draft.evil-example.net'])
  expect(copy.snapshot.units.get(uuid)?.unpublishedSince).toBeUndefined()
  misp.deleteEvent(draft.uuid)
  expect(await round('delta')).toHaveLength(2)
  expect(await round('reconcile')).toEqual(['!a.evil-example.net'])
})
