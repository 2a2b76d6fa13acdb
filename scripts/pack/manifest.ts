/**
 * `npm run manifest -- FOLDER`: what an installation of Tripline has beside `dist`, which holds most packages already:
 * a package.json that asks for the others alone, their versions as npm-shrinkwrap.json(5), and a bill of materials of all, where
 * scanners of vulnerabilities look for one.
 */
import { execFileSync } from 'node:child_process'
import { copyFileSync, mkdirSync, readFileSync, renameSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { pathToFileURL } from 'node:url'
import { z } from 'zod'
import { OUTSIDE } from '../build/bundle.ts'
import { readBom, reproducible } from '../sbom.ts'

export const MANIFEST_FILES: readonly string[] = ['package.json', 'npm-shrinkwrap.json', 'sbom.cdx.json']

const packageJson = z.looseObject({
  dependencies: z.record(z.string(), z.string()),
  devDependencies: z.unknown(),
})

/** Reads package.json and package-lock.json of the working folder. Needs no network. */
export function writeManifest(folder: string): void {
  mkdirSync(folder, { recursive: true })
  const { devDependencies: _, ...all } = packageJson.parse(JSON.parse(readFileSync('package.json', 'utf8')))
  const dependencies = Object.fromEntries(
    Object.entries(all.dependencies).filter(([name]) => OUTSIDE.includes(name)),
  )
  writeJson(join(folder, 'package.json'), { ...all, dependencies })
  // npm takes away what is no longer asked for, and keeps the versions of the rest.
  copyFileSync('package-lock.json', join(folder, 'package-lock.json'))
  execFileSync('npm', ['install', '--package-lock-only', '--ignore-scripts', '--offline', '--silent'], {
    cwd: folder,
    stdio: ['ignore', 'ignore', 'inherit'],
  })
  renameSync(join(folder, 'package-lock.json'), join(folder, 'npm-shrinkwrap.json'))
  writeJson(join(folder, 'sbom.cdx.json'), reproducible(readBom()))
}

function writeJson(path: string, value: object): void {
  writeFileSync(path, `${JSON.stringify(value, undefined, 2)}\n`)
}

/* v8 ignore start -- run as a command */
if (process.argv[1] !== undefined && import.meta.url === pathToFileURL(process.argv[1]).href) {
  const [, , folder] = process.argv
  if (folder === undefined) throw new Error('Usage: npm run manifest -- FOLDER')
  writeManifest(folder)
}
/* v8 ignore stop */
