/** `npm run build`: makes `dist` anew of `src` and of the packages it runs with. */
import { chmodSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { bundle } from './build/bundle.ts'
import { noticesOf } from './build/notices.ts'

const DIST = 'dist'
const SHEBANG = '#!/usr/bin/env node\n'

rmSync(DIST, { recursive: true, force: true })
const modules = await bundle(DIST)
writeFileSync(join(DIST, 'THIRD-PARTY-NOTICES.txt'), noticesOf(modules))
// npm sets the mode on installation, a checkout needs it too.
const cli = join(DIST, 'cli.js')
if (!readFileSync(cli, 'utf8').startsWith(SHEBANG)) throw new Error(`${cli} does not start with ${SHEBANG}`)
chmodSync(cli, 0o755)
