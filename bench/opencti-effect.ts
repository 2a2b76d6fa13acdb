/** When a new and a revoked indicator take effect: a mirror that follows the stream of a fake OpenCTI in this process. */
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setImmediate as otherWork } from 'node:timers/promises'
import { systemClock } from '../src/core/clock.ts'
import { openLmdbBodies } from '../src/intel/mirror/lmdb-bodies.ts'
import { createMirror } from '../src/intel/mirror/mirror.ts'
import { openCtiConfig } from '../src/intel/opencti/config.ts'
import { createOpenCtiProvider } from '../src/intel/opencti/opencti.ts'
import { createMemoryStore } from '../src/store/memory/memory.ts'
import { createLogger } from '../src/telemetry/logger.ts'
import { createMetrics } from '../src/telemetry/registry.ts'
import { startFakeOpenCti } from '../test/support/fake-opencti/fake-opencti.ts'

const ROUNDS = 50
const OTHERS = 20_000

/** Milliseconds of each addition and of each revocation. */
export async function measureEffect(): Promise<{ readonly added: number[]; readonly revoked: number[] }> {
  const folder = mkdtempSync(join(tmpdir(), 'tripline-bench-'))
  const opencti = await startFakeOpenCti({ recordRequests: false })
  opencti.seedIndicators(OTHERS)
  const stream = opencti.addStreamCollection({ name: 'indicators' })
  const telemetry = {
    logger: createLogger({ level: 'error' }),
    metrics: createMetrics(),
    clock: systemClock,
  }
  const { url, token } = opencti
  const provider = createOpenCtiProvider({
    id: 'opencti',
    config: openCtiConfig.parse({ type: 'opencti', mode: 'mirror', url, token, mirror: { stream } }),
    telemetry,
    store: createMemoryStore({ clock: systemClock, maxEntries: 1000 }),
    stateDir: folder,
    once: true,
  })
  const mirror = createMirror({ bodies: await openLmdbBodies(folder), telemetry, providerIds: ['opencti'] })
  const abort = new AbortController()
  const following = (async (): Promise<void> => {
    for await (const change of provider.changes?.(abort.signal) ?? [])
      await mirror.apply('opencti', change, abort.signal)
  })()
  const until = async (value: string, found: boolean): Promise<number> => {
    const started = performance.now()
    while (mirror.find({ type: 'ipv4', value, where: ['bench'] }).length > 0 !== found) await otherWork()
    return performance.now() - started
  }
  while (!mirror.ready('opencti')) await otherWork()
  const added: number[] = []
  const revoked: number[] = []
  for (let round = 0; round < ROUNDS; round++) {
    const value = `203.0.113.${round}`
    const { id } = opencti.addIndicator({ pattern: `[ipv4-addr:value = '${value}']` })
    added.push(await until(value, true))
    opencti.revokeIndicator(id)
    revoked.push(await until(value, false))
  }
  abort.abort()
  await following
  await provider.close()
  await mirror.close()
  await opencti.close()
  rmSync(folder, { recursive: true, force: true })
  return { added, revoked }
}
