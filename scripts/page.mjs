/* oxlint-disable typescript/no-unsafe-call, typescript/no-unsafe-assignment, typescript/no-unsafe-member-access, typescript/no-unsafe-argument -- no types for plain JavaScript; it runs on every build without a loader */
// Puts beside the compiled scripts of the status page what the compiler does not: its own files, and uPlot, so that the page asks no
// other host and the package needs no dependency for it.
import { copyFileSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { createRequire } from 'node:module'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'

const from = fileURLToPath(new URL('../src/http/page', import.meta.url))
const to = fileURLToPath(new URL('../dist/page', import.meta.url))
mkdirSync(to, { recursive: true })
for (const name of ['index.html', 'page.css', 'icon.svg']) copyFileSync(join(from, name), join(to, name))

// `var uPlot = …` of the minified script becomes a module; its licence wants to be told with it.
const uplot = dirname(dirname(createRequire(import.meta.url).resolve('uplot')))
const licence = readFileSync(join(uplot, 'LICENSE'), 'utf8').trim()
const script = readFileSync(join(uplot, 'dist/uPlot.iife.min.js'), 'utf8')
if (!script.includes('var uPlot=')) throw new Error('uPlot.iife.min.js does not define `uPlot`')
writeFileSync(join(to, 'uplot.js'), `/*! ${licence} */\n${script}\nexport { uPlot }\n`)
copyFileSync(join(uplot, 'dist/uPlot.min.css'), join(to, 'uplot.css'))
// Types alone.
for (const name of ['wire.js', 'wire.js.map', 'wire.d.ts']) rmSync(join(to, name), { force: true })
