import { pino, type DestinationStream, type Logger } from 'pino'
import { prettyFactory } from 'pino-pretty'
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
  const textOf = prettyFactory({
    colorize: options.destination === undefined && process.stderr.isTTY,
    translateTime: 'SYS:yyyy-mm-dd HH:MM:ss',
    singleLine: true,
    // These would be given lines of their own, as many as the text has.
    errorLikeObjectKeys: [],
  })
  return pino(base, { write: (line) => destination.write(plain(textOf(line))) })
}
