import { pino, type DestinationStream, type Logger } from 'pino'
import pretty from 'pino-pretty'

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

/** Messages are constant sentences, data are fields. Writes are synchronous: nothing is lost when the process ends. */
export function createLogger(options: LoggerOptions): Logger {
  const base = { level: options.level, base: null, timestamp: pino.stdTimeFunctions.isoTime }
  const stderr = pino.destination({ fd: 2, sync: true })
  if (options.format === 'json') return pino(base, options.destination ?? stderr)
  const text = pretty({
    destination: options.destination ?? 2,
    sync: true,
    colorize: options.destination === undefined && process.stderr.isTTY,
    translateTime: 'SYS:yyyy-mm-dd HH:MM:ss',
    singleLine: true,
  })
  return pino(base, text)
}
