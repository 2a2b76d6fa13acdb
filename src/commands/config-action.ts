import { renderEffective } from '../config/effective.ts'
import { renderExample } from '../config/example.ts'
import { loadConfig, type LoadOptions } from '../config/load.ts'
import { configJsonSchema } from '../config/shape.ts'

export interface ConfigCommandIo extends Omit<LoadOptions, 'file'> {
  readonly write: (text: string) => void
}

export interface ConfigOptions {
  readonly example?: true
  readonly schema?: true
  readonly effective?: true
  readonly config?: string
}

export async function showConfig(options: ConfigOptions, io: ConfigCommandIo): Promise<void> {
  if (options.example === true) return io.write(renderExample())
  if (options.schema === true) return io.write(`${JSON.stringify(configJsonSchema(), undefined, 2)}\n`)
  const file = options.config === undefined ? {} : { file: options.config }
  io.write(renderEffective(await loadConfig({ ...io, ...file })))
}
