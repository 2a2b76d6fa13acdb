import type { Check } from '../app/doctor/checks.ts'
import { CHECKS } from '../app/doctor/checks.ts'
import { examine } from '../app/doctor/doctor.ts'
import { prepare, type DoctorOptions } from '../app/doctor/prepare.ts'
import { systemClock } from '../core/clock.ts'
import { doctorLines } from './doctor-text.ts'
import { EXIT, type CommandIo } from './io.ts'

export interface DoctorCommandOptions extends Partial<DoctorOptions> {
  readonly json?: true
}

/** ECMA-48: carriage return, erase to the end of the line. */
const CLEAR_LINE = '\r\u001B[K'

export async function doctor(
  { json, throughWazuh = false, ...options }: DoctorCommandOptions,
  io: CommandIo,
): Promise<void> {
  const { env, version, stdout, stderr, signal } = io
  const { context, left: hanging } = await prepare(
    { ...options, throughWazuh },
    { env, version, stdout, signal, clock: systemClock },
  )
  const isTerminal = stderr.isTTY === true
  const onCheck = ({ id }: Check, number: number): void =>
    void stderr.write(`${CLEAR_LINE}${number + 1} of ${CHECKS.length}: ${id} `)
  const { report, left } = await examine(context, signal, isTerminal ? { onCheck } : {})
  if (isTerminal) stderr.write(CLEAR_LINE)
  for (const line of json === true ? [JSON.stringify(report)] : doctorLines(report)) stdout.write(`${line}\n`)
  if (left || hanging) io.abandon()
  if (context.configuration.kind !== 'loaded') io.setExitCode(EXIT.usage)
  else if (!report.ok || signal.aborted) io.setExitCode(EXIT.failure)
}
