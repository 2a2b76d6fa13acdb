import { basename } from 'node:path'
import type { Config } from '../config/schema.ts'

/** Whether the same alert may be read from two files: Wazuh writes it to `alerts.json`, and as an event to `archives.json`. */
export function followsTwins({ sources }: Pick<Config, 'sources'>): boolean {
  const files = Object.values(sources).flatMap((source) => (source.type === 'wazuh-file' ? source.files : []))
  const archives = files.filter((file) => /archive/.test(basename(file)))
  return archives.length > 0 && archives.length < files.length
}
