/** The licences of the packages whose code is in `dist`: they ask for their text to be kept with it. */
import { readdirSync, readFileSync } from 'node:fs'
import { dirname, join, relative } from 'node:path'
import { z } from 'zod'
import { foldersOf } from './inside.ts'

const manifest = z.object({ name: z.string(), version: z.string(), license: z.string() })
type Manifest = z.infer<typeof manifest>

const LICENCE_FILE = /^(licen[cs]e|copying|notice)([.-].*)?$/i
const COMMENT = /\/\*[\s\S]*?\*\/|(?:^[ \t]*\/\/.*(?:\n|$))+/gm
const OF_OTHERS =
  /\bcopyright\b|\blicen[cs]ed? (?:under|as)|\blicen[cs]e:|@licen[cs]e|\bMIT licen[cs]e\b|\(MIT\)|^\/\*!/i
const LINE = '-'.repeat(80)

/** Packages under MIT that leave the text out, and who their sources name as the owner. */
const WITHOUT_TEXT: ReadonlyMap<string, string> = new Map([
  ['@redis/client', '2022-2025, Redis, inc.'],
  ['abstract-logging', 'James Sumners'],
])

/** What packages are made of, without a word about it in themselves. */
const MADE_OF: ReadonlyMap<string, string> = new Map([
  ['undici', 'Has llhttp in it (https://github.com/nodejs/llhttp, MIT). Copyright Fedor Indutny, 2018.'],
  [
    'tldts',
    'Has the Public Suffix List in it (https://publicsuffix.org/list/public_suffix_list.dat), under the Mozilla Public License 2.0\n(https://mozilla.org/MPL/2.0/).',
  ],
])

/** Takes paths of modules. Throws when a package has no file with its licence. */
export function noticesOf(modules: readonly string[]): string {
  const folders = [...foldersOf(modules)]
  const texts = folders.map((folder) =>
    noticeOf(
      folder,
      modules.filter((path) => isIn(path, folder)),
    ),
  )
  const sorted = texts.toSorted((one, other) => (one < other ? -1 : 1))
  const head = `The files in this folder hold code of ${texts.length} packages beside that of Tripline. Their licences:\n`
  return [head, ...sorted].join(`\n${LINE}\n`)
}

function isIn(path: string, folder: string): boolean {
  return foldersOf([path]).has(folder)
}

function noticeOf(folder: string, modules: readonly string[]): string {
  const about = manifest.parse(JSON.parse(readFileSync(join(folder, 'package.json'), 'utf8')))
  const madeOf = MADE_OF.get(about.name)
  const inner = new Set(modules.flatMap((path) => foldersBetween(folder, dirname(path))))
  const parts = [
    `${about.name} ${about.version} (${about.license})`,
    licenceOf(folder, about),
    ...[...inner].flatMap(textsIn),
    ...(madeOf === undefined ? [] : [madeOf]),
    ...new Set(modules.flatMap((path) => headersIn(readFileSync(path, 'utf8')))),
  ]
  return `${parts.join('\n\n')}\n`
}

function licenceOf(folder: string, { name, version, license }: Manifest): string {
  const texts = textsIn(folder)
  if (texts.length > 0) return texts.join('\n\n')
  const owner = WITHOUT_TEXT.get(name)
  if (owner === undefined || license !== 'MIT')
    throw new Error(`${name}@${version} comes without the text of its licence`)
  return mit(owner)
}

/** The texts of licences that lie in a folder. */
function textsIn(folder: string): readonly string[] {
  const files = readdirSync(folder).filter((file) => LICENCE_FILE.test(file))
  return files.toSorted().map((file) => readFileSync(join(folder, file), 'utf8').trim())
}

/** From a folder up to one above it, without that. */
function foldersBetween(top: string, folder: string): readonly string[] {
  return relative(top, folder) === '' ? [] : [folder, ...foldersBetween(top, dirname(folder))]
}

/** Comments that name whose code it is: it may be that of others. */
function headersIn(source: string): readonly string[] {
  return [...source.matchAll(COMMENT)].map(([text]) => text.trim()).filter((text) => OF_OTHERS.test(text))
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
