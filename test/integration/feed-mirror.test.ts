import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, it } from 'vitest'
import { followProviders } from '../../src/app/intel.ts'
import { systemClock, type Clock } from '../../src/core/clock.ts'
import { AppError } from '../../src/core/errors.ts'
import { feedConfig } from '../../src/intel/feed/config.ts'
import { createMirror } from '../../src/intel/mirror/mirror.ts'
import { createFeedProvider } from '../../src/intel/feed/feed.ts'
import { appEvents } from '../../src/telemetry/events/app.ts'
import { createMemoryBodies } from '../support/memory-bodies.ts'
import { recordedTelemetry } from '../support/telemetry.ts'

let dir: string
beforeEach(async () => void (dir = await mkdtemp(join(tmpdir(), 'tripline-feed-'))))
afterEach(() => rm(dir, { recursive: true }))

/** Nobody waits: what would be slept is over at the next turn of the event loop. */
const hurried: Clock = {
  ...systemClock,
  sleep: () => new Promise((resolve) => void setImmediate(resolve)),
}

it('a feed that the mirror could not store is offered again, and start waits for it', async () => {
  await writeFile(join(dir, 'a.txt'), 'evil.com\n')
  const telemetry = recordedTelemetry(hurried)
  const bodies = createMemoryBodies()
  let failures = 3
  const mirror = createMirror({
    bodies: {
      ...bodies,
      append: (block) =>
        failures-- > 0 ? Promise.reject(new AppError('STATE_UNWRITABLE', 'no space')) : bodies.append(block),
    },
    telemetry,
    providerIds: ['feeds'],
  })
  const config = feedConfig.parse({ type: 'feed', feeds: [{ path: join(dir, 'a.txt') }] })
  const provider = createFeedProvider({ id: 'feeds', config, telemetry })
  const stop = new AbortController()
  const following = followProviders([provider], mirror, {
    clock: hurried,
    events: appEvents(telemetry),
    signal: stop.signal,
  })
  await following.ready
  expect(mirror.size).toBe(1)
  const told = 'Indicators could not be loaded; the earlier ones stay'
  expect(telemetry.lines.filter(({ msg }) => msg === told)).toHaveLength(3)
  stop.abort()
  await following.ended
  await mirror.close()
})
