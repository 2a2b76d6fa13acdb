import type { ChangeSet } from '../../core/ports.ts'
import { feedEvents } from '../../telemetry/events/feed.ts'
import type { FeedProviderOptions } from './feed.ts'
import { readFeedFile, type FileEnd } from './reading.ts'
import { createScanner, isByChance } from './scan.ts'

/**
 * Every configured feed, once, for one-shot commands. What cannot be looked at, read or understood is a unit whose load
 * throws FEED_UNREADABLE or FEED_MALFORMED, and is not told: the command ends with it.
 */
export async function* feedsOnce(options: FeedProviderOptions): AsyncGenerator<ChangeSet> {
  const { id, config, telemetry } = options
  const events = feedEvents(telemetry, id)
  const { files, problems, emptyFolders } = await createScanner(config.feeds, config.maxFileBytes)()
  for (const [path, { error }] of problems) yield { kind: 'replace', unit: path, load: () => failing(error) }
  for (const path of emptyFolders) events.emptyFolder(path)
  for (const file of files.values()) {
    const onEnd = ({ kind, outcome }: FileEnd): void => {
      if (kind === 'loaded') events.loaded(file.path, outcome, file.inMispFeed)
      else if (kind === 'left-out') events.leftOut(file.path, outcome)
    }
    const { clock } = telemetry
    const reading = {
      provider: id,
      maxBytes: config.maxFileBytes,
      clock,
      mayLeaveOut: isByChance(file),
      onEnd,
    }
    yield { kind: 'replace', unit: file.path, load: (signal) => readFeedFile(file, reading, signal) }
  }
}

// eslint-disable-next-line require-yield -- it is what cannot give anything
async function* failing(error: Error): AsyncGenerator<never> {
  throw error
}
