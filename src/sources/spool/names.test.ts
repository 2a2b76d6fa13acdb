import { expect, it } from 'vitest'
import { integrationOf, platformOf } from './names.ts'

it.each([
  ['1763719200.123456789.4711.custom-opencti', 'custom-opencti', 'opencti'],
  ['1763719200.000000000.1.custom-misp', 'custom-misp', 'misp'],
  ['1763719200.1.2.Custom-MISP.v2', 'Custom-MISP.v2', 'misp'],
  ['1763719200.1.2.custom-misp-to-opencti', 'custom-misp-to-opencti', 'opencti'],
  ['1763719200.1.2.custom-other', 'custom-other', undefined],
  ['custom-opencti', '', undefined],
  ['', '', undefined],
])('%j was written by %j, whose platform is %s', (file, integration, platform) => {
  expect(integrationOf(file)).toBe(integration)
  expect(platformOf(integration)).toBe(platform)
})
