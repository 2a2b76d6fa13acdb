/** Which packages Tripline runs with: those whose code is in `dist`, and those that are installed beside it. */
import { relative } from 'node:path'
import { z } from 'zod'
import { bundle } from './bundle.ts'
import { PAGE_MODULES } from './page.ts'

const IN_PACKAGE = /^(?:.*\/)?node_modules\/(?:@[^/]+\/)?[^/]+(?=\/)/

/** What we use of a lockfile of version 3 (package-lock-json(5)). */
const lockfile = z.object({
  lockfileVersion: z.literal(3),
  packages: z.record(
    z.string(),
    z.object({
      version: z.string().optional(),
      dev: z.boolean().default(false),
      license: z.string().optional(),
    }),
  ),
})

export interface Package {
  readonly name: string
  readonly version: string
  /** An SPDX expression. */
  readonly license: string | undefined
  /** In the lockfile, from the top folder: `node_modules/a/node_modules/b`. */
  readonly path: string
}

/** Takes paths of modules; gives the folders of the packages that these lie in, from the working folder. */
export function foldersOf(modules: Iterable<string>): ReadonlySet<string> {
  const paths = [...modules].map((path) => relative('.', path))
  return new Set(paths.flatMap((path) => IN_PACKAGE.exec(path)?.[0] ?? []))
}

/** The folders of all packages whose code is in `dist`. */
export async function foldersInside(): Promise<ReadonlySet<string>> {
  return foldersOf([...(await bundle()), ...PAGE_MODULES])
}

/** Takes the text of a lockfile. Those that are installed beside `dist` are all that are not for development, on any platform. */
export function packagesOf(lockfileText: string, inside: ReadonlySet<string>): readonly Package[] {
  const { packages } = lockfile.parse(JSON.parse(lockfileText))
  const absent = [...inside].filter((path) => packages[path] === undefined)
  if (absent.length > 0) throw new Error(`Not in the lockfile: ${absent.join(', ')}`)
  return Object.entries(packages)
    .filter(([path, { dev }]) => path !== '' && (!dev || inside.has(path)))
    .map(([path, { version = '?', license }]) => ({ name: nameOf(path), version, license, path }))
}

function nameOf(path: string): string {
  return path.slice(path.lastIndexOf('node_modules/') + 'node_modules/'.length)
}
