import { expect, it } from 'vitest'
import { runtimeBom } from './sbom.ts'

const RUNS_WITH = [
  { name: 'beside', version: '1.0.0', license: 'MIT', path: 'node_modules/beside' },
  { name: '@x/inside', version: '2.0.0', license: 'MIT', path: 'node_modules/@x/inside' },
]

const FOR_DEVELOPMENT = { name: 'cdx:npm:package:development', value: 'true' }

/** As npm writes it; version 10 has more properties, and another order. */
function written(npm: 10 | 11): string {
  const part = (name: string, version: string, ...properties: readonly object[]) => ({
    'bom-ref': `${name}@${version}`,
    type: 'library',
    name,
    version,
    scope: properties.length > 0 ? 'optional' : 'required',
    purl: `pkg:npm/${name.replace('@', '%40')}@${version}`,
    properties: [
      ...(npm === 10 ? [{ name: 'cdx:npm:package:path', value: `node_modules/${name}` }] : []),
      ...properties,
    ],
    externalReferences: [],
    hashes: [{ alg: 'SHA-512', content: '00' }],
  })
  const components = [
    part('beside', '1.0.0'),
    part('@x/inside', '2.0.0', FOR_DEVELOPMENT),
    part('tool', '3.0.0', FOR_DEVELOPMENT),
  ]
  return JSON.stringify({
    $schema: 'http://cyclonedx.org/schema/bom-1.5.schema.json',
    bomFormat: 'CycloneDX',
    specVersion: '1.5',
    version: 1,
    metadata: {
      tools: [{ vendor: 'npm', name: 'cli', version: `${npm}.0.0` }],
      component: part('folder', '0.1.0'),
    },
    components: npm === 10 ? components.toReversed() : components,
    dependencies: [
      { ref: 'folder@0.1.0', dependsOn: ['beside@1.0.0', '@x/inside@2.0.0', 'tool@3.0.0'] },
      { ref: '@x/inside@2.0.0', dependsOn: ['tool@3.0.0'] },
      { ref: 'tool@3.0.0' },
    ],
  })
}

it('has what Tripline runs with, in the places where it says so', () => {
  const { metadata, components, dependencies } = runtimeBom(written(11), RUNS_WITH)
  expect(metadata.component.name).toBe('tripline')
  expect(components.map((each) => [each['bom-ref'], each.scope])).toEqual([
    ['@x/inside@2.0.0', 'required'],
    ['beside@1.0.0', 'required'],
  ])
  expect(dependencies).toEqual([
    { ref: '@x/inside@2.0.0', dependsOn: [] },
    { ref: 'folder@0.1.0', dependsOn: ['@x/inside@2.0.0', 'beside@1.0.0'] },
  ])
})

it('is the same whichever npm wrote it', () => {
  expect(runtimeBom(written(10), RUNS_WITH)).toEqual(runtimeBom(written(11), RUNS_WITH))
})
