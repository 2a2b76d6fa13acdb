import { Command, Option } from 'commander'
import type { ConfigCommandIo, ConfigOptions } from './config-action.ts'

const systemIo: ConfigCommandIo = {
  env: process.env,
  write: (text) => void process.stdout.write(text),
}

const EXAMPLES = `
Examples:
  tripline config --example > tripline.yaml            a file to begin with
  tripline config --effective --config tripline.yaml   what is in force, and why
  MISP_URL=https://misp.example.org tripline config --effective
  tripline config --schema > config.schema.json        completion in editors
`

/**
 * `tripline config`: shows the configuration, without running anything. `--effective` rejects with the AppErrors of
 * `loadConfig`. Without an option it prints its help.
 */
export function configCommand(io: ConfigCommandIo = systemIo): Command {
  return new Command('config')
    .description('show an example, the schema or the effective configuration')
    .addOption(new Option('--example', 'print a file with every setting').conflicts(['schema', 'effective']))
    .addOption(new Option('--schema', 'print the JSON Schema of the file').conflicts('effective'))
    .option('--effective', 'print what is in force and where each value came from')
    .option('--config <file>', 'the configuration file (else TRIPLINE_CONFIG, else none)')
    .addHelpText('after', EXAMPLES)
    .configureOutput({ writeOut: io.write })
    .action(async (options: ConfigOptions, command: Command) => {
      if (options.example !== true && options.schema !== true && options.effective !== true)
        return command.outputHelp()
      const { showConfig } = await import('./config-action.ts')
      return showConfig(options, io)
    })
}
