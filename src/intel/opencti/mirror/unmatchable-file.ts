import { readFile, rename, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { z } from 'zod'
import { parseJson } from '../../../core/json.ts'
import { REFUSALS, type Refusal } from '../../stix/refusal.ts'
import type { Unmatchable } from './unmatchable.ts'

const refusal = z.custom<Refusal>((name) => typeof name === 'string' && Object.hasOwn(REFUSALS, name))
const entries = z.array(
  z.object({ id: z.string(), reasons: z.array(refusal), ref: z.string(), pattern: z.string() }),
)

/** Keeps what is not matchable over restarts: a load that tells it anew may be days away. */
export interface UnmatchableFile {
  /** Rejects with the system's error. Does nothing when nothing has changed. */
  write(): Promise<void>
}

/** `<stateDir>/intel-<provider>-unmatchable.json`; one that is missing or damaged is as good as empty. */
export async function openUnmatchableFile(
  stateDir: string,
  provider: string,
  unmatchable: Unmatchable,
): Promise<UnmatchableFile> {
  const path = join(stateDir, `intel-${provider}-unmatchable.json`)
  const text = await readFile(path, 'utf8').catch(() => '')
  unmatchable.recall(entries.safeParse(parseJson(text)).data ?? [])
  let written = unmatchable.version
  return {
    write: async () => {
      const { version } = unmatchable
      if (version === written) return
      await writeFile(`${path}.new`, `${JSON.stringify(unmatchable.entries())}\n`, { mode: 0o640 })
      await rename(`${path}.new`, path)
      written = version
    },
  }
}
