import { existsSync, readdirSync, readFileSync } from 'node:fs'
import { basename, dirname, join } from 'node:path'
import { gunzipSync } from 'node:zlib'
import { parseJson } from '../../../src/core/json.ts'

/** The whole lines of an output that are JSON, and how many are torn: a killed process leaves at most one each. */
export interface Lines {
  readonly records: readonly Record<string, unknown>[]
  readonly torn: number
}

/** An output with its rotated files, packed or not. */
export function readOutput(path: string): Lines {
  const folder = dirname(path)
  if (!existsSync(folder)) return { records: [], torn: 0 }
  const names = readdirSync(folder).filter((name) => isOutput(name, basename(path)))
  return linesOf(
    names.flatMap((name) => {
      const bytes = readFileSync(join(folder, name))
      return (name.endsWith('.gz') ? gunzipSync(bytes) : bytes).toString().split('\n')
    }),
  )
}

export function linesOf(lines: readonly string[]): Lines {
  const records: Record<string, unknown>[] = []
  let torn = 0
  for (const line of lines) {
    if (line === '') continue
    const record = parseJson(line)
    if (typeof record === 'object' && record !== null) records.push(record as Record<string, unknown>)
    else torn += 1
  }
  return { records, torn }
}

/** `name`, `name.1`, `name.2.gz`; not the half-made `name.1.gz.tmp`. */
function isOutput(name: string, stem: string): boolean {
  return name.startsWith(stem) && /^(?:\.\d+(?:\.gz)?)?$/.test(name.slice(stem.length))
}
