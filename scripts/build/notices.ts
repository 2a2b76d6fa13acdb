/** The licences of the packages whose code is in `dist`: they ask for their text to be kept with it. */
import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { z } from 'zod'

const manifest = z.object({ name: z.string(), version: z.string(), license: z.string() })
const LICENCE_FILE = /^(licen[cs]e|copying|notice)([.-].*)?$/i
const IN_PACKAGE = /^(.*\/node_modules\/(?:@[^/]+\/)?[^/]+)\//
const LINE = '-'.repeat(80)

/** Packages under MIT that leave the text out, and who their sources name as the owner. */
const WITHOUT_TEXT: ReadonlyMap<string, string> = new Map([
  ['@redis/client', '2022-2025, Redis, inc.'],
  ['abstract-logging', 'James Sumners'],
])

/** Takes paths of modules. Throws when a package has no file with its licence. */
export function noticesOf(modules: Iterable<string>): string {
  const folders = new Set([...modules].flatMap((path) => IN_PACKAGE.exec(path)?.[1] ?? []))
  const texts = new Map([...folders].map((folder) => noticeOf(folder)))
  const sorted = [...texts].toSorted(([one], [other]) => (one < other ? -1 : 1)).map(([, text]) => text)
  const head = `The files in this folder hold code of ${texts.size} packages beside that of Tripline. Their licences:\n`
  return [head, ...sorted].join(`\n${LINE}\n`)
}

function noticeOf(folder: string): readonly [string, string] {
  const parsed = manifest.parse(JSON.parse(readFileSync(join(folder, 'package.json'), 'utf8')))
  const { name, version, license } = parsed
  return [`${name}@${version}`, `${name} ${version} (${license})\n\n${textOf(folder, parsed)}\n`]
}

function textOf(folder: string, { name, version, license }: z.infer<typeof manifest>): string {
  const files = readdirSync(folder).filter((file) => LICENCE_FILE.test(file))
  const texts = files.toSorted().map((file) => readFileSync(join(folder, file), 'utf8').trim())
  if (texts.length > 0) return texts.join('\n\n')
  const owner = WITHOUT_TEXT.get(name)
  if (owner === undefined || license !== 'MIT')
    throw new Error(`${name}@${version} comes without the text of its licence`)
  return mit(owner)
}

/** https://spdx.org/licenses/MIT.html */
function mit(owner: string): string {
  return `MIT License

Copyright (c) ${owner}

Permission is hereby granted, free of charge, to any person obtaining a copy of this software and associated documentation files (the
"Software"), to deal in the Software without restriction, including without limitation the rights to use, copy, modify, merge, publish,
distribute, sublicense, and/or sell copies of the Software, and to permit persons to whom the Software is furnished to do so, subject to
the following conditions:

The above copyright notice and this permission notice shall be included in all copies or substantial portions of the Software.

THE SOFTWARE IS PROVIDED "AS IS", WITHOUT WARRANTY OF ANY KIND, EXPRESS OR IMPLIED, INCLUDING BUT NOT LIMITED TO THE WARRANTIES OF
MERCHANTABILITY, FITNESS FOR A PARTICULAR PURPOSE AND NONINFRINGEMENT. IN NO EVENT SHALL THE AUTHORS OR COPYRIGHT HOLDERS BE LIABLE FOR
ANY CLAIM, DAMAGES OR OTHER LIABILITY, WHETHER IN AN ACTION OF CONTRACT, TORT OR OTHERWISE, ARISING FROM, OUT OF OR IN CONNECTION WITH THE
SOFTWARE OR THE USE OR OTHER DEALINGS IN THE SOFTWARE.`
}
