import { Command } from 'commander'
import type { CommandIo } from './io.ts'
import type { RunOptions } from './run-action.ts'
import { holdYoungGeneration } from './young-generation.ts'

const EXAMPLES = `
Works from environment variables alone, from a file alone, or both; variables win (docs/configuration.md). Stops at
SIGTERM, SIGINT or SIGHUP within shutdownDeadline; a second signal ends it at once.

Examples:
  TRIPLINE_FEEDS=/etc/tripline/feeds tripline run
  tripline run --config /etc/tripline/tripline.yaml
`

export function runCommand(io: CommandIo): Command {
  return new Command('run')
    .description('follow the alert files and report matches: the daemon')
    .option('--config <file>', 'the configuration file (else TRIPLINE_CONFIG, else none)')
    .addHelpText('after', EXAMPLES)
    .action(async (options: RunOptions) => {
      const release = holdYoungGeneration()
      const { run } = await import('./run-action.ts')
      await run(options, { ...io, onLoaded: release })
    })
}
