/**
 * `npm run sbom`: a bill of materials (CycloneDX 1.5) of all that Tripline runs with, on standard output. npm writes it; what is
 * for development only is taken out here, as `npm sbom --omit=dev` (npm 11.19) loses packages that both sides need.
 */
import { execFileSync } from 'node:child_process'
import { pathToFileURL } from 'node:url'
import { z } from 'zod'

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

type Bom = z.infer<typeof bom>

/** Takes the text that `npm sbom` wrote; gives it without packages for development. */
export function productionBom(text: string): Bom {
  const all = bom.parse(JSON.parse(text))
  const left = all.components.filter(
    ({ properties }) => !properties.some(({ name }) => name === 'cdx:npm:package:development'),
  )
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

/** As npm tells it of the lockfile in the working folder. */
export function readBom(): Bom {
  const args = ['sbom', '--sbom-format=cyclonedx', '--sbom-type=application', '--package-lock-only']
  return productionBom(execFileSync('npm', args, { encoding: 'utf8', maxBuffer: 64 * 1024 * 1024 }))
}

/** Without what differs each time it is made; CycloneDX asks for neither. */
export function reproducible(made: Bom): Bom {
  const { serialNumber: _, ...kept } = made
  const { timestamp: _timestamp, ...metadata } = made.metadata
  return { ...kept, metadata }
}

/* v8 ignore start -- run as a command */
if (process.argv[1] !== undefined && import.meta.url === pathToFileURL(process.argv[1]).href) {
  process.stdout.write(`${JSON.stringify(readBom(), undefined, 2)}\n`)
}
/* v8 ignore stop */
