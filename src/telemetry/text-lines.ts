import { prettyFactory } from 'pino-pretty'

/** Lines of the log for people. A module of its own, as a daemon that logs JSON has no use for it. */
export function textLines({ colorize }: { readonly colorize: boolean }): (line: string) => string {
  return prettyFactory({
    colorize,
    translateTime: 'SYS:yyyy-mm-dd HH:MM:ss',
    singleLine: true,
    // These would be given lines of their own, as many as the text has.
    errorLikeObjectKeys: [],
  })
}
