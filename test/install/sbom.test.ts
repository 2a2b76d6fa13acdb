import { readFileSync } from 'node:fs'
import { expect, it } from 'vitest'
import { foldersInside, packagesOf } from '../../scripts/build/inside.ts'
import { ran } from './checkout.ts'

interface Bom {
  readonly bomFormat: string
  readonly metadata: { readonly component: { readonly purl: string } }
  readonly dependencies: readonly { readonly ref: string; readonly dependsOn: readonly string[] }[]
  readonly components: readonly {
    readonly 'bom-ref': string
    readonly purl: string
    readonly licenses?: readonly unknown[]
    readonly scope?: string
  }[]
}

it('`npm run sbom` lists every package that runs, with its licence, as CycloneDX', async () => {
  const bom = JSON.parse(ran('npm', ['run', '--silent', 'sbom'], process.cwd())) as Bom
  const runsWith = packagesOf(readFileSync('package-lock.json', 'utf8'), await foldersInside())
  const { version } = JSON.parse(readFileSync('package.json', 'utf8')) as { version: string }
  expect(bom.bomFormat).toBe('CycloneDX')
  expect(bom.metadata.component.purl).toBe(`pkg:npm/tripline@${version}`)
  const wanted = runsWith.map((each) => `pkg:npm/${each.name.replace('@', '%40')}@${each.version}`)
  expect(wanted.length).toBeGreaterThan(80)
  expect(bom.components.map(({ purl }) => purl).toSorted()).toEqual(wanted.toSorted())
  expect(bom.components.filter(({ licenses }) => licenses?.length !== 1)).toEqual([])
  expect(bom.components.find(({ purl }) => purl.startsWith('pkg:npm/fastify@'))?.scope).toBe('required')
  const refs = new Set(bom.components.map((component) => component['bom-ref']))
  const links = bom.dependencies.flatMap(({ dependsOn }) => dependsOn)
  expect(links.length).toBeGreaterThan(40)
  expect(links.filter((ref) => !refs.has(ref))).toEqual([])
})
