import { pino, type DestinationStream, type Logger } from 'pino'
import { plain } from '../core/text.ts'

export type { Logger }
export const LOG_LEVELS = ['trace', 'debug', 'info', 'warn', 'error', 'fatal', 'silent'] as const
export type LogLevel = (typeof LOG_LEVELS)[number]

export interface LoggerOptions {
  readonly level: LogLevel
  /** Where lines go; standard error when absent, since standard output belongs to results. */
  readonly destination?: DestinationStream
  /** Makes a line of JSON one for people (`text-lines.ts`). */
  readonly textOf?: (line: string) => string
}

/**
 * Messages are constant sentences, data are fields. Writes are synchronous: nothing is lost when the process ends. A line stays
 * one line, and a terminal obeys nothing in it but the colours that are ours: names of files and answers come from outside.
 */
export function createLogger({ level, destination, textOf = asIs }: LoggerOptions): Logger {
  const base = { level, base: null, timestamp: pino.stdTimeFunctions.isoTime }
  const to = destination ?? pino.destination({ fd: 2, sync: true })
  return pino(base, { write: (line) => to.write(plain(textOf(line))) })
}

function asIs(line: string): string {
  return line
}
