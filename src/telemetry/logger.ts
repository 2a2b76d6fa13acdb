import { createRequire } from 'node:module'
import { pino, type DestinationStream, type Logger } from 'pino'
import type { prettyFactory } from 'pino-pretty'
import { plain } from '../core/text.ts'

export type { Logger }
export const LOG_LEVELS = ['trace', 'debug', 'info', 'warn', 'error', 'fatal', 'silent'] as const
export type LogLevel = (typeof LOG_LEVELS)[number]

export interface LoggerOptions {
  readonly level: LogLevel
  /** `json` for machines, `text` for people. */
  readonly format: 'json' | 'text'
  /** Where lines go; standard error when absent, since standard output belongs to results. */
  readonly destination?: DestinationStream
}

/**
 * Messages are constant sentences, data are fields. Writes are synchronous: nothing is lost when the process ends. A line stays
 * one line, and a terminal obeys nothing in it but the colours that are ours: names of files and answers come from outside.
 */
export function createLogger(options: LoggerOptions): Logger {
  const base = { level: options.level, base: null, timestamp: pino.stdTimeFunctions.isoTime }
  const destination = options.destination ?? pino.destination({ fd: 2, sync: true })
  if (options.format === 'json') return pino(base, { write: (line) => destination.write(plain(line)) })
  const textOf = loadPretty()({
    colorize: options.destination === undefined && process.stderr.isTTY,
    translateTime: 'SYS:yyyy-mm-dd HH:MM:ss',
    singleLine: true,
    // These would be given lines of their own, as many as the text has.
    errorLikeObjectKeys: [],
  })
  return pino(base, { write: (line) => destination.write(plain(textOf(line))) })
}

const require = createRequire(import.meta.url)

/** A daemon that logs JSON has no use for it. It is CommonJS, so it can be loaded while its caller waits. */
function loadPretty(): typeof prettyFactory {
  // oxlint-disable-next-line typescript/no-unsafe-assignment -- `require` has no types
  const pretty: { prettyFactory: typeof prettyFactory } = require('pino-pretty')
  return pretty.prettyFactory
}
