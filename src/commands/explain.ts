import { Command } from 'commander'
import { feedOption } from './feed-option.ts'
import type { CommandIo } from './io.ts'
import type { ExplainOptions } from './explain-action.ts'

const EXAMPLES = `
For each alert: the observables and where they stood, which were not looked up and why, what matched by which rule,
and which matches are held back and why. An alert may be copied from the Wazuh dashboard as it is, over many lines. Exit
status: 0, 1 when not everything could be examined, 2 on wrong usage or configuration.

Examples:
  head -1 /var/ossec/logs/alerts/alerts.json | tripline explain --feed feeds/ -
  tripline explain --config tripline.yaml alert.json
  tripline explain --feed feeds/ --json alerts.json.gz | jq 'select(.matches != [])'
`

export function explainCommand(io: CommandIo): Command {
  return new Command('explain')
    .description('tell what is found in alerts, what matches, and why or why not')
    .argument('<file>', 'alert file (.json, .jsonl, .gz), or - for standard input')
    .addOption(feedOption())
    .option('--config <file>', 'the configuration file (else TRIPLINE_CONFIG, else none)')
    .option('--json', 'one JSON object an alert: {"id","observables":[…],"matches":[…],"held":[…]}')
    .addHelpText('after', EXAMPLES)
    .action(async (file: string, options: ExplainOptions) => {
      const { explainAlerts } = await import('./explain-action.ts')
      await explainAlerts(file, options, io)
    })
}
