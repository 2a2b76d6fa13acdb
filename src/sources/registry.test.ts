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
    }
    const wazuh = await createSource(SOURCES['wazuh-file'].config.parse({ type: 'wazuh-file' }), deps)
    expect(wazuh.id).toBe('one')
    await wazuh.close()
    const spool = await createSource(SOURCES.spool.config.parse({ type: 'spool' }), deps)
    expect(spool.id).toBe('one')
    await spool.close()
  })
})
