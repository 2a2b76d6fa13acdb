import { Readable } from 'node:stream'
import { describe, expect, it } from 'vitest'
import { recordedTelemetry } from '../../test/support/telemetry.ts'
import { createDecoder } from './decode.ts'
import { createSource, SOURCES } from './registry.ts'

describe('SOURCES', () => {
  it('makes a source of every kind from its defaults', async () => {
    const deps = {
      id: 'one',
      stateDir: '/does/not/exist',
      decode: await createDecoder(),
      telemetry: recordedTelemetry(),
      stdin: Readable.from([]),
    }
    const wazuh = createSource(SOURCES['wazuh-file'].config.parse({ type: 'wazuh-file' }), deps)
    const stream = createSource(SOURCES.stream.config.parse({ type: 'stream' }), deps)
    expect([wazuh.id, stream.id]).toEqual(['one', 'one'])
    await wazuh.close()
    await stream.close()
  })
})
