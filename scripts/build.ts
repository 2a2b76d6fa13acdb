/** `npm run build`: makes `dist` anew of `src` and of the packages it runs with. What was there stays until all is done. */
import { chmodSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { bundle } from './build/bundle.ts'
import { noticesOf } from './build/notices.ts'
import { PAGE_MODULES, writePage } from './build/page.ts'

const DIST = 'dist'
const NEW = 'dist.new'
const SHEBANG = '#!/usr/bin/env node\n'

rmSync(NEW, { recursive: true, force: true })
const modules = await bundle(NEW)
writePage(join(NEW, 'page'))
writeFileSync(join(NEW, 'THIRD-PARTY-NOTICES.txt'), noticesOf([...modules, ...PAGE_MODULES]))
// npm sets the mode on installation, a checkout needs it too.
const cli = join(NEW, 'cli.js')
if (!readFileSync(cli, 'utf8').startsWith(SHEBANG)) throw new Error(`${cli} does not start with ${SHEBANG}`)
chmodSync(cli, 0o755)
rmSync(DIST, { recursive: true, force: true })
renameSync(NEW, DIST)
