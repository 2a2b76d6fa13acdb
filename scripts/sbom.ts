/**
 * `npm run sbom`: a bill of materials (CycloneDX 1.5) of all that Tripline runs with, on standard output; `npm run sbom -- FILE` writes
 * it without what differs each time. npm makes it of everything that is installed here; what is for development only is taken out.
 */
import { execFileSync } from 'node:child_process'
import { readFileSync, writeFileSync } from 'node:fs'
import { pathToFileURL } from 'node:url'
import { z } from 'zod'
import { foldersInside, packagesOf, type Package } from './build/inside.ts'

const property = z.object({ name: z.string(), value: z.string() })

/** What is kept of a package: npm 10 and npm 11 say the same of that. */
const component = z.object({
  'bom-ref': z.string(),
  type: z.string(),
  name: z.string(),
  version: z.string(),
  scope: z.string().optional(),
  purl: z.string(),
  properties: z.array(property).optional(),
  hashes: z.array(z.unknown()).optional(),
  licenses: z.array(z.unknown()).optional(),
})

const bom = z.object({
  $schema: z.string(),
  bomFormat: z.literal('CycloneDX'),
  specVersion: z.string(),
  serialNumber: z.string().optional(),
  version: z.number(),
  metadata: z.object({ timestamp: z.string().optional(), component }),
  components: z.array(component),
  dependencies: z.array(z.object({ ref: z.string(), dependsOn: z.array(z.string()).default([]) })),
})

export type Bom = z.infer<typeof bom>
type Component = z.infer<typeof component>
const DEVELOPMENT = 'cdx:npm:package:development'

/** Takes the text that `npm sbom` wrote, of all packages, and those that Tripline runs with; gives it for these. */
export function runtimeBom(text: string, runsWith: readonly Package[]): Bom {
  const all = bom.parse(JSON.parse(text))
  const refs = new Set(runsWith.map(({ name, version }) => `${name}@${version}`))
  const own = all.metadata.component['bom-ref']
  return {
    ...all,
    // npm names it after the folder.
    metadata: { ...all.metadata, component: { ...part(all.metadata.component), name: 'tripline' } },
    components: all.components
      .filter((each) => refs.has(each['bom-ref']))
      .map(part)
      .toSorted(byRef),
    dependencies: all.dependencies
      .filter(({ ref }) => ref === own || refs.has(ref))
      .map(({ ref, dependsOn }) => ({
        ref,
        dependsOn: dependsOn.filter((each) => refs.has(each)).toSorted(),
      }))
      .toSorted((one, other) => (one.ref < other.ref ? -1 : 1)),
  }
}

/** To npm a package is for development when it is inside `dist`, and so need not be installed beside it. */
function part({ properties = [], ...rest }: Component): Component {
  return properties.some(({ name }) => name === DEVELOPMENT) ? { ...rest, scope: 'required' } : rest
}

function byRef(one: Component, other: Component): number {
  return one['bom-ref'] < other['bom-ref'] ? -1 : 1
}

/** Of the lockfile in the working folder. */
export async function readBom(): Promise<Bom> {
  const args = ['sbom', '--sbom-format=cyclonedx', '--sbom-type=application', '--package-lock-only']
  const text = execFileSync('npm', args, { encoding: 'utf8', maxBuffer: 64 * 1024 * 1024 })
  return runtimeBom(text, packagesOf(readFileSync('package-lock.json', 'utf8'), await foldersInside()))
}

/** Without number and time, which CycloneDX does not ask for: the same sources give the same bytes. */
export async function writeBom(file: string): Promise<void> {
  const { serialNumber: _, ...made } = await readBom()
  const { timestamp: _timestamp, ...metadata } = made.metadata
  writeFileSync(file, `${JSON.stringify({ ...made, metadata }, undefined, 2)}\n`)
}

/* v8 ignore start -- run as a command */
if (process.argv[1] !== undefined && import.meta.url === pathToFileURL(process.argv[1]).href) {
  const [, , file] = process.argv
  if (file === undefined) process.stdout.write(`${JSON.stringify(await readBom(), undefined, 2)}\n`)
  else await writeBom(file)
}
/* v8 ignore stop */
