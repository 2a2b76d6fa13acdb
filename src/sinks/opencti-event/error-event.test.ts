import { expect, it } from 'vitest'
import type { Notice } from '../../core/ports.ts'
import { openCtiErrorEvent } from './error-event.ts'

const failing: Notice = {
  provider: 'cti',
  platform: 'opencti',
  kind: 'failing',
  code: 'PROVIDER_UNREACHABLE',
  message: 'cti.example does not answer',
  at: Date.UTC(2026, 2, 9, 8),
}

it('a trouble with OpenCTI is an error, with what Tripline knows beside it', () => {
  expect(JSON.parse(openCtiErrorEvent(failing))).toEqual({
    integration: 'opencti',
    opencti: {
      error: 'Failed to connect to the OpenCTI API: cti.example does not answer',
      event_type: 'error',
    },
    tripline: {
      event: 'failing',
      provider: 'cti',
      at: '2026-03-09T08:00:00.000Z',
      code: 'PROVIDER_UNREACHABLE',
    },
  })
})

it.each([
  ['PROVIDER_UNREACHABLE', 'Failed to connect to the OpenCTI API'],
  ['PROVIDER_MALFORMED', 'Failed to parse response from OpenCTI API'],
  ['ALERT_MALFORMED', 'Invalid Wazuh log structure'],
  ['PROVIDER_REFUSED', 'OpenCTI API request failed'],
  ['PROVIDER_THROTTLED', 'OpenCTI API request failed'],
] as const)('%s begins with «%s», and says something in any case', (code, beginning) => {
  const said = (message: string) => JSON.parse(openCtiErrorEvent({ ...failing, code, message })) as object
  expect(said('why')).toMatchObject({ opencti: { error: `${beginning}: why` } })
  expect(said('')).toMatchObject({ opencti: { error: `${beginning}: ${code}` } })
  expect(JSON.stringify(said('x'.repeat(90_000))).length).toBeLessThan(2000)
})

// The words of an alert that is none stood there twice.
it('does not say its first words twice', () => {
  const message = 'Invalid Wazuh log structure: not JSON'
  expect(JSON.parse(openCtiErrorEvent({ ...failing, code: 'ALERT_MALFORMED', message }))).toMatchObject({
    opencti: { error: message },
  })
})
