import { dirname } from 'node:path'
import type { Config } from '../../config/schema.ts'
import { configured, type ConfiguredContext } from './context.ts'
import { rightsOf } from './ownership.ts'
import { fail, ok, skipped, type Result } from './result.ts'
import { writableFolder } from './state.ts'

export interface OutputPath {
  readonly sink: string
  readonly path: string
}

export function outputPaths({ sinks }: Config): readonly OutputPath[] {
  return Object.entries(sinks).flatMap(([sink, settings]) =>
    'path' in settings ? [{ sink, path: settings.path }] : [],
  )
}

/** The files that matches and findings go to: rotation renames in their folders. */
export const lookAtOutputs = configured(async (context, signal) => {
  const { sinks } = context.config
  const others = Object.entries(sinks).flatMap(([id, { type }]): readonly Result[] =>
    type === 'stdout' ? [ok('standard output', `sinks.${id}`)] : [],
  )
  const files = await Promise.all(
    outputPaths(context.config).map((output) => outputResult(output, context, signal)),
  )
  const all = [...files, ...others]
  return all.length === 0 ? [skipped('no sink writes to a file')] : all
})

async function outputResult(
  { path }: OutputPath,
  context: ConfiguredContext,
  signal: AbortSignal,
): Promise<Result> {
  const { access } = context
  const [refusal] = await access.may([{ path, want: 'write' }], signal)
  if (refusal !== undefined && refusal !== 'ENOENT' && refusal !== 'ENOTDIR') {
    const rights = await rightsOf(path)
    const todo =
      rights === undefined
        ? `Let user ${access.user} enter ${dirname(path)} and the folders above it`
        : `chown ${access.user}: ${path}`
    return fail(
      `user ${access.user} may not write to it (${refusal}, ${rights ?? 'in a closed folder'})`,
      `${todo}, or set another path.`,
      path,
    )
  }
  const folder = await writableFolder(dirname(path), context, signal)
  if (folder.status !== 'ok') return folder
  return ok(refusal === undefined ? `writable by user ${access.user}` : 'will be made', path)
}
