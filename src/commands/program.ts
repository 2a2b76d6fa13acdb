import { Command, CommanderError } from 'commander'
import { isBrokenPipe, outputError } from '../app/output-error.ts'
import { AppError, type ErrorCode } from '../core/errors.ts'
import { printable } from '../core/text.ts'
import { benchCommand } from './bench.ts'
import { checkCommand } from './check.ts'
import { configCommand } from './config.ts'
import { doctorCommand } from './doctor.ts'
import { explainCommand } from './explain.ts'
import { integrationCommand } from './integration.ts'
import { intelCommand } from './intel.ts'
import { EXIT, type CommandIo } from './io.ts'
import { lookupCommand } from './lookup.ts'
import { runCommand } from './run.ts'
import { scanCommand } from './scan.ts'

const EXAMPLES = `
Examples:
  tripline scan --feed bad-ips.txt /var/ossec/logs/alerts/alerts.json    try it out
  tripline config --example > tripline.yaml                              begin a configuration
  tripline check --config tripline.yaml                                  see that all is in reach
  tripline doctor --config tripline.yaml                                 see what is wrong and what to do
  tripline run --config tripline.yaml                                    follow alerts as they come
`

/** Wrong usage or configuration, as opposed to a failure at work. */
const USAGE_CODES: ReadonlySet<ErrorCode> = new Set([
  'CONFIG_INVALID',
  'CONFIG_UNREADABLE',
  'SECRET_UNREADABLE',
])

export type ProcessIo = Omit<CommandIo, 'setExitCode' | 'abandon'>

export interface Outcome {
  readonly exitCode: number
  /** True when work was left behind that may keep the process alive. */
  readonly abandoned: boolean
}

/** `argv` without node and script. Never rejects. */
export async function runProgram(argv: readonly string[], io: ProcessIo): Promise<Outcome> {
  // `| head` closes the pipe early. Who waits for a write hears of it there; without a listener Node would crash.
  let lost: Error | undefined
  io.stdout.on('error', (error: Error) => {
    lost = error
  })
  let exitCode: number = EXIT.ok
  let abandoned = false
  const full: CommandIo = {
    ...io,
    setExitCode: (code) => {
      exitCode = code
    },
    abandon: () => {
      abandoned = true
    },
  }
  try {
    await createProgram(full).parseAsync(argv, { from: 'user' })
  } catch (error) {
    exitCode = report(error, io)
  }
  if (exitCode === EXIT.ok && lost !== undefined && !isBrokenPipe(lost))
    exitCode = report(outputError(lost), io)
  return { exitCode, abandoned }
}

/** All commands and their options; nothing is done yet. */
export function createProgram(io: CommandIo): Command {
  const program = new Command('tripline')
    .description('Matches Wazuh alerts against threat intelligence.')
    .version(io.version)
    .addHelpText('after', EXAMPLES)
  const write = (text: string): void => void io.stdout.write(text)
  for (const command of [
    runCommand(io),
    scanCommand(io),
    lookupCommand(io),
    explainCommand(io),
    checkCommand(io),
    doctorCommand(io),
    intelCommand(io),
    integrationCommand(io),
    benchCommand(io),
    configCommand({ env: io.env, write }),
  ]) {
    program.addCommand(command)
  }
  const commands = [...program.commands, ...program.commands.flatMap((command) => command.commands)]
  for (const command of [program, ...commands]) {
    command
      .configureOutput({ writeOut: write, writeErr: (text) => void io.stderr.write(text) })
      .showSuggestionAfterError(true)
      .showHelpAfterError('(add --help for usage and examples)')
      .exitOverride()
  }
  return program
}

function report(error: unknown, io: ProcessIo): number {
  if (error instanceof CommanderError) return error.exitCode === 0 ? EXIT.ok : EXIT.usage
  if (error instanceof AppError) {
    io.stderr.write(`tripline: ${error.message}\n${error.hint === undefined ? '' : `${error.hint}\n`}`)
    return USAGE_CODES.has(error.code) ? EXIT.usage : EXIT.failure
  }
  const text = error instanceof Error ? (error.stack ?? error.message) : String(error)
  io.stderr.write(
    `tripline: an unexpected error, please report it: ${text
      .split('\n')
      .map((line) => printable(line))
      .join('\n')}\n`,
  )
  return EXIT.failure
}
