import { join } from 'node:path'
import { open } from 'lmdb'
import { expect, it } from 'vitest'
import { systemClock } from '../../src/core/clock.ts'
import { createOpenCtiClient, createStreamHttp } from '../../src/intel/opencti/client/client.ts'
import { openCtiConfig } from '../../src/intel/opencti/config.ts'
import { loadOnce, type OnceProgress, type OnceSummary } from '../../src/intel/opencti/mirror/once.ts'
import type { FakeOpenCti } from '../support/fake-opencti/fake-opencti.ts'
import { NO_ABORT } from '../support/lookup.ts'
import { following } from '../support/opencti-mirror.ts'
import { cleanUp, fake, scratch } from '../support/opencti-provider.ts'
import { recordedTelemetry } from '../support/telemetry.ts'

/** A load by hand, with a copy in `stateDir`. */
async function once(
  opencti: FakeOpenCti,
  stateDir: string,
  {
    mirror = {},
    onProgress = () => undefined,
    signal = NO_ABORT,
  }: {
    mirror?: Record<string, unknown>
    onProgress?: (progress: OnceProgress) => void
    signal?: AbortSignal
  } = {},
): Promise<OnceSummary> {
  const { url, token } = opencti
  const config = openCtiConfig.parse({ type: 'opencti', mode: 'mirror', url, token, mirror })
  const telemetry = recordedTelemetry(systemClock)
  const client = createOpenCtiClient({ config, provider: 'opencti', telemetry })
  const http = createStreamHttp({ config, telemetry })
  cleanUp.push(() => Promise.all([client.close(), http.close()]))
  return loadOnce({ id: 'opencti', config, client, http, telemetry, stateDir }, onProgress, signal)
}

function domains(opencti: FakeOpenCti, count: number, begin = 0): void {
  for (let n = begin; n < begin + count; n++)
    opencti.addIndicator({ pattern: `[domain-name:value = 'd${n}.example.net']`, name: `d${n}` })
}

it('tells how far it is, page by page', async () => {
  const opencti = await fake()
  domains(opencti, 25)
  const told: OnceProgress[] = []
  const summary = await once(opencti, scratch(), {
    mirror: { pageSize: 10 },
    onProgress: (progress) => told.push(progress),
  })
  expect(summary).toEqual({ objects: 25, indicators: 25, read: 25, unmatchable: 0, leftOut: 0 })
  expect(told.map(({ done, total }) => `${done}/${total}`)).toEqual(['10/25', '20/25', '25/25', '25/25'])
  expect(told.at(-1)?.indicators).toBe(25)
})

it('R43: keeps what was loaded when it is interrupted, and ends the load the next time', async () => {
  const opencti = await fake()
  domains(opencti, 40)
  const stateDir = scratch()
  const interrupting = new AbortController()
  const cut = once(opencti, stateDir, {
    mirror: { pageSize: 10 },
    onProgress: () => interrupting.abort(),
    signal: interrupting.signal,
  })
  await expect(cut).rejects.toMatchObject({ name: 'AbortError' })
  const run = following(opencti, {}, { stateDir })
  await run.ready
  expect(run.logged('Local copy of an OpenCTI loaded')).toBe(1)
  const loaded = run.telemetry.lines.find(({ msg }) => msg === 'Local copy of an OpenCTI loaded')
  expect(loaded?.['indicators']).toBeGreaterThan(0)
  // It was not whole: all is loaded before it counts as ready.
  expect(run.logged('The indicators of an OpenCTI are loaded')).toBe(1)
  expect(run.titles('domain', 'd39.example.net')).toEqual(['d39'])
})

it('does not believe at once that most are gone; the next one does', async () => {
  const opencti = await fake()
  domains(opencti, 10)
  const gone = Array.from({ length: 120 }, (_, n) =>
    opencti.addIndicator({ pattern: `[ipv4-addr:value = '192.0.2.${n}']` }),
  )
  const stateDir = scratch()
  expect((await once(opencti, stateDir)).objects).toBe(130)
  for (const { id } of gone) opencti.deleteIndicator(id)
  await expect(once(opencti, stateDir)).rejects.toMatchObject({
    code: 'PROVIDER_REFUSED',
    message: 'OpenCTI shows 10 indicators, where 130 are known: too few to be believed at once',
  })
  expect(await once(opencti, stateDir)).toMatchObject({ objects: 10, indicators: 10 })
})

it('says how many values found no room', async () => {
  const opencti = await fake()
  domains(opencti, 990)
  const list = Array.from({ length: 20 }, (_, n) => `'192.0.2.${n}'`).join(', ')
  opencti.addIndicator({ pattern: `[ipv4-addr:value IN (${list})]` })
  const { indicators, leftOut } = await once(opencti, scratch(), { mirror: { maxIndicators: 1000 } })
  expect(indicators).toBe(1000)
  expect(leftOut).toBe(10)
})

it('loads what is damaged on the disk again', async () => {
  const opencti = await fake()
  domains(opencti, 3)
  const stateDir = scratch()
  await once(opencti, stateDir)
  const path = join(stateDir, 'intel-opencti.lmdb')
  const db = open<Buffer, Buffer>({ path, noSubdir: true, encoding: 'binary', keyEncoding: 'binary' })
  const content = [...db.getKeys()]
    .map((key) => Buffer.from(key))
    .filter((key) => key[0] === 'i'.charCodeAt(0))
  for (const key of content.slice(0, 2)) {
    const bytes = Buffer.from(db.get(key) ?? [])
    bytes[bytes.length - 20] = (bytes[bytes.length - 20] ?? 0) ^ 0xff
    await db.put(key, bytes)
  }
  await db.close()
  expect(await once(opencti, stateDir)).toMatchObject({ objects: 3, indicators: 3 })
  const run = following(opencti, {}, { stateDir })
  await run.ready
  expect(['d0', 'd1', 'd2'].map((name) => run.titles('domain', `${name}.example.net`))).toEqual([
    ['d0'],
    ['d1'],
    ['d2'],
  ])
})
