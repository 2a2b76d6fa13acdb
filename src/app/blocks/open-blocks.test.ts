import { afterEach, expect, it } from 'vitest'
import { manualClock } from '../../../test/support/clock.ts'
import { createMemoryBodies } from '../../../test/support/memory-bodies.ts'
import { recordedTelemetry } from '../../../test/support/telemetry.ts'
import { settingsSchema } from '../../config/schema.ts'
import type { IntelProvider } from '../../core/ports.ts'
import { createExtractor } from '../../extract/extract.ts'
import { createMirror } from '../../intel/mirror/mirror.ts'
import { appEvents } from '../../telemetry/events/app.ts'
import { openBlocks } from './open-blocks.ts'
import { createClosingStack, type ClosingStack } from '../shutdown.ts'

let closing: ClosingStack | undefined
afterEach(() => closing?.closeAll(1000))

const offline: IntelProvider = { id: 'feeds', types: new Set(), close: async () => undefined }
const online: IntelProvider = { ...offline, id: 'misp', lookup: async () => new Map() }

async function blocksWith(providers: readonly IntelProvider[], files: readonly string[] = ['alerts.json']) {
  const clock = manualClock()
  const telemetry = recordedTelemetry(clock)
  const config = settingsSchema.parse({ sources: { wazuh: { type: 'wazuh-file', files } } })
  closing = createClosingStack(clock, appEvents(telemetry))
  const mirror = createMirror({ bodies: createMemoryBodies(), telemetry, providerIds: [] })
  const parts = { config, telemetry, stdout: process.stdout, version: '0' }
  return openBlocks(parts, { closing, extract: createExtractor(config.extract), providers, mirror })
}

it('a backlog is read in blocks', async () => {
  const { blocks } = await blocksWith([offline])
  const findings = await blocks?.examine(Buffer.from('{"data":{"srcip":"203.0.114.7"}}\n'), 1000)
  expect(findings?.starts).toHaveLength(1)
})

it('but not where somebody is asked about each alert', async () => {
  expect(await blocksWith([offline, online])).toEqual({})
})

it('nor where an alert may stand in two files', async () => {
  expect(await blocksWith([offline], ['alerts.json', 'archives.json'])).toEqual({})
})
