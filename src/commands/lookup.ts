import { Command } from 'commander'
import { feedOption } from './feed-option.ts'
import type { CommandIo } from './io.ts'
import type { LookupOptions } from './lookup-action.ts'

const EXAMPLES = `
A value is an address, a domain, a URL, an e-mail address or a digest, defanged or not. Exit status: 0, 1 when a
value is none of these, a feed cannot be used or a provider does not answer, 2 on wrong usage or configuration.

Examples:
  tripline lookup --feed feeds/ 203.0.113.66 evil.example.com
  tripline lookup --config tripline.yaml 'hxxps://evil[.]example[.]com/login' --json
`

export function lookupCommand(io: CommandIo): Command {
  return new Command('lookup')
    .description('look values up in feeds and providers')
    .argument('<value...>', 'values to look up')
    .addOption(feedOption())
    .option('--config <file>', 'the configuration file (else TRIPLINE_CONFIG, else none)')
    .option('--json', 'one JSON object a value')
    .addHelpText('after', EXAMPLES)
    .action(async (values: string[], options: LookupOptions) => {
      const { lookUpValues } = await import('./lookup-action.ts')
      await lookUpValues(values, options, io)
    })
}
