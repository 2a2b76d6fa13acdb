import { readFileSync } from 'node:fs'
import { expect, it } from 'vitest'
import { ran } from './checkout.ts'

interface Bom {
  readonly bomFormat: string
  readonly metadata: { readonly component: { readonly purl: string } }
  readonly dependencies: readonly { readonly ref: string; readonly dependsOn: readonly string[] }[]
  readonly components: readonly {
    readonly 'bom-ref': string
    readonly purl: string
    readonly licenses?: readonly unknown[]
  }[]
}

it('`npm run sbom` lists every package that runs, with its licence, as CycloneDX', () => {
  const bom = JSON.parse(ran('npm', ['run', '--silent', 'sbom'], process.cwd())) as Bom
  const { packages } = JSON.parse(readFileSync('package-lock.json', 'utf8')) as {
    packages: Readonly<Record<string, { version: string; dev?: boolean }>>
  }
  expect(bom.bomFormat).toBe('CycloneDX')
  expect(bom.metadata.component.purl).toBe(`pkg:npm/tripline@${packages['']?.version}`)
  const wanted = Object.entries(packages)
    .filter(([path, { dev }]) => path !== '' && dev !== true)
    .map(([path, { version }]) => {
      const name = path.slice(path.lastIndexOf('node_modules/') + 'node_modules/'.length)
      return `pkg:npm/${name.replace('@', '%40')}@${version}`
    })
  expect(wanted.length).toBeGreaterThan(40)
  expect(bom.components.map(({ purl }) => purl).toSorted()).toEqual(wanted.toSorted())
  expect(bom.components.filter(({ licenses }) => licenses?.length !== 1)).toEqual([])
  const refs = new Set(bom.components.map((component) => component['bom-ref']))
  const links = bom.dependencies.flatMap(({ dependsOn }) => dependsOn)
  expect(links.length).toBeGreaterThan(40)
  expect(links.filter((ref) => !refs.has(ref))).toEqual([])
})
