/* oxlint-disable typescript/no-unsafe-call, typescript/no-unsafe-assignment, typescript/no-unsafe-member-access -- no types for plain JavaScript; it runs on every build without a loader */
// The compiler keeps the `#!` line of src/cli.ts but not its mode: npm sets it on installation, a checkout needs it too.
import { chmodSync, readFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'

const cli = fileURLToPath(new URL('../dist/cli.js', import.meta.url))
if (!readFileSync(cli, 'utf8').startsWith('#!/usr/bin/env node\n')) {
  throw new Error(`${cli} does not start with #!/usr/bin/env node`)
}
chmodSync(cli, 0o755)
