/** The status page in `dist/page`: its scripts, compiled for browsers, its own files, and uPlot, so that it asks no other host. */
import { execFileSync } from 'node:child_process'
import { copyFileSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'

const FROM = 'src/http/page'
const UPLOT = 'node_modules/uplot'
const SCRIPT = join(UPLOT, 'dist/uPlot.iife.min.js')

/** What of other packages is in it, from the working folder. */
export const PAGE_MODULES: readonly string[] = [SCRIPT]

export function writePage(folder: string): void {
  execFileSync('node_modules/.bin/tsc', ['-p', FROM, '--outDir', folder], { stdio: 'inherit' })
  // Types alone.
  rmSync(join(folder, 'wire.js'), { force: true })
  for (const name of ['index.html', 'page.css', 'icon.svg'])
    copyFileSync(join(FROM, name), join(folder, name))
  // `var uPlot = …` of the minified script becomes a module; its licence wants to be told with it.
  const licence = readFileSync(join(UPLOT, 'LICENSE'), 'utf8').trim()
  const script = readFileSync(SCRIPT, 'utf8')
  if (!script.includes('var uPlot=')) throw new Error(`${SCRIPT} does not define \`uPlot\``)
  writeFileSync(join(folder, 'uplot.js'), `/*! ${licence} */\n${script}\nexport { uPlot }\n`)
  const style = readFileSync(join(UPLOT, 'dist/uPlot.min.css'), 'utf8')
  writeFileSync(join(folder, 'uplot.css'), `/*! ${licence} */\n${style}`)
}
