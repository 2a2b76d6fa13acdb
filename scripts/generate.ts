import { mkdir, readFile, writeFile } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import { fileURLToPath, pathToFileURL } from 'node:url'
import { format, resolveConfig } from 'prettier'
import { z } from 'zod'
import { benchJsonSchema } from '../src/app/bench/schema.ts'
import { doctorReport } from '../src/app/doctor/schema.ts'
import { renderDocs } from '../src/config/docs.ts'
import { renderExample } from '../src/config/example.ts'
import { configJsonSchema } from '../src/config/shape.ts'
import { jsonSchemaFiles } from '../src/sinks/schema.ts'
import { renderDoctor } from './doctor-docs.ts'
import { renderMetrics } from './metrics-docs.ts'
import { renderReliability } from './reliability-docs.ts'

interface GeneratedFile {
  /** Below the top of the repository. */
  readonly path: string
  readonly render: () => string
  /** Written as it is: YAML, whose commented-out lines prettier would move, and what a test compares byte by byte. */
  readonly raw?: true
}

/** Every file that is written by this script, and from what. Add yours here. */
export const GENERATED: readonly GeneratedFile[] = [
  { path: 'docs/configuration.md', render: renderDocs },
  {
    path: 'schema/doctor.schema.json',
    render: () => JSON.stringify({ $id: 'urn:tripline:schema:doctor:1', ...z.toJSONSchema(doctorReport) }),
  },
  { path: 'schema/config.schema.json', render: () => JSON.stringify(configJsonSchema()) },
  { path: 'examples/tripline.yaml', render: renderExample, raw: true },
  { path: 'docs/metrics.md', render: renderMetrics },
  { path: 'docs/doctor.md', render: renderDoctor },
  { path: 'docs/reliability.md', render: renderReliability },
  { path: 'schema/bench.schema.json', render: benchJsonSchema, raw: true },
  ...Object.entries(jsonSchemaFiles()).map(([name, text]) => ({
    path: `schema/${name}`,
    render: () => text,
    raw: true as const,
  })),
]

const ROOT = fileURLToPath(new URL('..', import.meta.url))

/** The text of a generated file as it is committed. */
async function textOf({ path, render, raw }: GeneratedFile): Promise<string> {
  const text = render()
  if (raw === true) return text
  const options = await resolveConfig(join(ROOT, 'package.json'))
  return format(text, { ...options, filepath: path })
}

/** Paths of the generated files that are missing, or differ from what would be written now. */
export async function staleFiles(root = ROOT): Promise<readonly string[]> {
  const stale = await Promise.all(
    GENERATED.map(async (file) => {
      const committed = await readFile(join(root, file.path), 'utf8').catch(() => undefined)
      return committed === (await textOf(file)) ? [] : [file.path]
    }),
  )
  return stale.flat()
}

export async function writeFiles(root = ROOT): Promise<void> {
  for (const file of GENERATED) {
    const path = join(root, file.path)
    await mkdir(dirname(path), { recursive: true })
    await writeFile(path, await textOf(file))
  }
}

/** `tsx scripts/generate.ts` writes, `--check` names the files that differ and exits with 1. */
async function main(argv: readonly string[]): Promise<void> {
  if (!argv.includes('--check')) return writeFiles()
  const stale = await staleFiles()
  if (stale.length === 0) return
  process.stderr.write(
    `${stale.join('\n')}\nThese files differ from what is generated; run: npm run generate\n`,
  )
  process.exitCode = 1
}

if (import.meta.url === pathToFileURL(process.argv[1] ?? '').href) await main(process.argv.slice(2))
