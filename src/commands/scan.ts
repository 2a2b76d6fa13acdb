import { Command } from 'commander'
import { feedOption } from './feed-option.ts'
import type { CommandIo } from './io.ts'
import type { ScanOptions } from './scan-action.ts'

const EXAMPLES = `
Every alert is looked at by itself: repeats are not suppressed. Match records go to standard output, one JSON
object a line (docs/output.md). Alerts come as JSON, one a line, or as one document (an alert over many lines, an array, a
search answer). Exit status: 0, 1 when an input could not be read to its end or held no alert, or a platform did not
answer, 2 on wrong usage or configuration, and with --fail-on-match 3 when there was a match in inputs that were read whole.

Examples:
  tripline scan --feed bad-ips.txt /var/ossec/logs/alerts/alerts.json
  tripline scan --feed feeds/ /var/ossec/logs/alerts/2026/Mar/*.json.gz | jq -r .observable.value | sort | uniq -c
  zcat old.json.gz | tripline scan --config tripline.yaml --fail-on-match -
`

export function scanCommand(io: CommandIo): Command {
  return new Command('scan')
    .description('match the alerts of files or standard input against feeds and providers, once')
    .argument('<file...>', 'alert files (.json, .jsonl, .gz), or - for standard input')
    .addOption(feedOption())
    .option('--config <file>', 'the configuration file (else TRIPLINE_CONFIG, else none)')
    .option('--fail-on-match', 'exit with 3 when there was a match')
    .option('--full-alert', 'put the whole alert into each record')
    .option('--text', 'one readable line a match instead of JSON')
    .addHelpText('after', EXAMPLES)
    .action(async (files: string[], options: ScanOptions) => {
      const { scanFiles } = await import('./scan-action.ts')
      await scanFiles(files, options, io)
    })
}
