/**
 * Puts `src` and the packages it runs with into few files in `dist` (ADR 27): a start then reads some fifteen files in place of a
 * thousand. What is written stays readable: nothing is shortened, and a comment tells where each part comes from.
 */
import { rolldown, type OutputChunk, type OutputOptions, type Plugin } from 'rolldown'
import { withoutExtras } from './builtins.ts'

/** What runs: `dist/<name>.js`. */
const ENTRIES = {
  cli: 'src/cli.ts',
  'examine-thread': 'src/app/blocks/examine-thread.ts',
  'bench-fakes': 'src/app/bench/fakes/main.ts',
}

/** Packages with compiled code: they are installed beside it. */
export const OUTSIDE: readonly string[] = ['lmdb', 'unix-dgram']

/**
 * Files that hold these modules and all that they import, less what an earlier one holds: what every command needs, what a thread that
 * examines needs, what a daemon needs. Everything else is split by where it is used.
 */
const SHARED = [
  { name: 'base', test: /\/src\/(commands\/program|core\/package-folder)\.ts$/ },
  { name: 'examine', test: /\/src\/app\/blocks\/(examination|thread-messages)\.ts$/ },
  { name: 'daemon', test: /\/src\/commands\/run-action\.ts$/ },
]

/** What Fastify asks for when a route has a schema, or is called without a network: none is. */
const LEFT_OUT: readonly string[] = [
  '@fastify/ajv-compiler',
  '@fastify/fast-json-stringify-compiler',
  'light-my-request',
]
const ABSENT = '\0absent:'

const leaveOut: Plugin = {
  name: 'leave-out',
  resolveId: (name) => (LEFT_OUT.includes(name) ? ABSENT + name : null),
  load: (id) => {
    if (!id.startsWith(ABSENT)) return null
    const text = `${id.slice(ABSENT.length)} was left out of dist (scripts/build/bundle.ts)`
    return { code: `throw new Error(${JSON.stringify(text)})`, moduleType: 'js' }
  },
}

const OUTPUT: OutputOptions = {
  format: 'es',
  entryFileNames: '[name].js',
  chunkFileNames: '[name]-[hash].js',
  // A file with one character beyond Latin-1 takes two bytes of memory for each.
  charset: 'ascii',
  comments: false,
  codeSplitting: { groups: SHARED.map((group, at) => ({ ...group, priority: SHARED.length - at })) },
}

/** Gives the paths of all files whose code is in it; writes it only when a folder is named. */
export async function bundle(folder?: string): Promise<ReadonlySet<string>> {
  const build = await rolldown({
    input: ENTRIES,
    platform: 'node',
    external: [...OUTSIDE],
    // Paths in comments are the same wherever the packages lie; `main` may be a bundle itself, of packages that nobody then sees.
    resolve: { symlinks: false, mainFields: ['module', 'main'] },
    transform: { target: 'node20.19' },
    preserveEntrySignatures: false,
    plugins: [leaveOut, { name: 'builtins', renderChunk: withoutExtras }],
    // A doubt of the bundler is an error of ours.
    onLog: (_level, { message }) => {
      throw new Error(message)
    },
  })
  const { output } =
    folder === undefined ? await build.generate(OUTPUT) : await build.write({ ...OUTPUT, dir: folder })
  await build.close()
  const chunks = output.filter((file): file is OutputChunk => file.type === 'chunk')
  return new Set(chunks.flatMap(({ moduleIds }) => moduleIds.flatMap(fileOf)))
}

/** Ids that begin with a zero are made by the bundler or by a plugin. */
function fileOf(id: string): readonly string[] {
  if (!id.startsWith('\0')) return [id]
  if (id.startsWith(ABSENT)) return []
  if (id === '\0rolldown/runtime.js') return ['node_modules/rolldown/package.json']
  throw new Error(`It is not known whose code this is: ${JSON.stringify(id)}`)
}
