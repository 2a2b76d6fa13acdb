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
const bom = z.looseObject({
  serialNumber: z.string().optional(),
  metadata: z.looseObject({
    timestamp: z.string().optional(),
    component: z.looseObject({ name: z.string() }),
  }),
  components: z.array(z.looseObject({ 'bom-ref': z.string(), properties: z.array(property).default([]) })),
  dependencies: z.array(z.looseObject({ ref: z.string(), dependsOn: z.array(z.string()).default([]) })),
})

export type Bom = z.infer<typeof bom>
type Component = Bom['components'][number]

const DEVELOPMENT = 'cdx:npm:package:development'

/** Takes the text that `npm sbom` wrote, of all packages, and those that Tripline runs with; gives it for these. */
export function runtimeBom(text: string, runsWith: readonly Package[]): Bom {
  const all = bom.parse(JSON.parse(text))
  const refs = new Set(runsWith.map(({ name, version }) => `${name}@${version}`))
  const left = all.components.filter((component) => refs.has(component['bom-ref'])).map(required)
  const dropped = new Set(all.components.map((component) => component['bom-ref']))
  for (const component of left) dropped.delete(component['bom-ref'])
  const { metadata } = all
  return {
    ...all,
    // npm names it after the folder.
    metadata: { ...metadata, component: { ...metadata.component, name: 'tripline' } },
    components: left,
    dependencies: all.dependencies
      .filter(({ ref }) => !dropped.has(ref))
      .map((entry) => ({ ...entry, dependsOn: entry.dependsOn.filter((ref) => !dropped.has(ref)) })),
  }
}

/** To npm a package is for development when it is inside `dist`, and so need not be installed beside it. */
function required(component: Component): Component {
  const { properties } = component
  const others = properties.filter(({ name }) => name !== DEVELOPMENT)
  return others.length === properties.length
    ? component
    : { ...component, scope: 'required', properties: others }
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
