import { checkAccess } from '../app/check/check.ts'
import type { Finding } from '../app/check/finding.ts'
import type { Config } from '../config/schema.ts'
import { systemClock } from '../core/clock.ts'
import { printable } from '../core/text.ts'
import { EXIT, type CommandIo } from './io.ts'
import { load } from './shared.ts'

const MARKS = { ok: 'ok     ', warning: 'warning', error: 'ERROR  ' } as const

/** ECMA-48: carriage return, erase to the end of the line. */
const CLEAR_LINE = '\r\u001B[K'

export interface CheckOptions {
  readonly config?: string
  readonly json?: true
}

export async function checkAll(options: CheckOptions, io: CommandIo): Promise<void> {
  const { config, warnings } = await load(options.config, io)
  const findings: readonly Finding[] = [
    ...warnings.map(({ setting, message }) => ({
      level: 'warning' as const,
      subject: setting,
      text: message,
    })),
    ...(await checkWithProgress(config, io)),
  ]
  for (const finding of findings)
    io.stdout.write(options.json === true ? `${JSON.stringify(finding)}\n` : lineOf(finding))
  if (findings.some(({ level }) => level === 'error')) io.setExitCode(EXIT.failure)
}

/** A large feed takes seconds: a terminal shows that something happens. */
async function checkWithProgress(config: Config, { stderr, signal }: CommandIo): Promise<readonly Finding[]> {
  if (stderr.isTTY !== true) return checkAccess(config, { clock: systemClock, signal })
  const onIndicators = (count: number): void =>
    void stderr.write(`\rread ${count.toLocaleString('en')} indicators `)
  try {
    return await checkAccess(config, { clock: systemClock, signal, onIndicators })
  } finally {
    stderr.write(CLEAR_LINE)
  }
}

function lineOf({ level, subject, text, hint }: Finding): string {
  const advice = hint === undefined ? '' : `\n         ${printable(hint)}`
  return `${MARKS[level]}  ${printable(subject)}: ${printable(text)}${advice}\n`
}
