import { fileURLToPath } from 'node:url'
import { GROUPS, type DoctorReport, type ReportedResult } from '../app/doctor/schema.ts'
import { PACKAGE_FOLDER } from '../core/package-folder.ts'

const MARKS = { ok: 'ok     ', warn: 'warning', fail: 'FAIL   ', skipped: 'skipped' } as const
const INDENT = ' '.repeat(11)

const PACKAGE = fileURLToPath(PACKAGE_FOLDER)

/** The report for people: groups, a line for each result, what to do below. */
export function doctorLines({ version, user, checks, counts, durationMs }: DoctorReport): readonly string[] {
  const lines = [`Tripline ${version}, looked at for user ${user}`]
  for (const [group, title] of Object.entries(GROUPS)) {
    const own = checks.filter((check) => check.group === group)
    if (own.length === 0) continue
    lines.push('', title)
    lines.push(...linesOf(own))
  }
  if (counts.warn + counts.fail > 0) lines.push('', `The pages and scripts named here lie in ${PACKAGE}`)
  const seconds = (durationMs / 1000).toFixed(1)
  lines.push(
    '',
    `${counts.ok} ok, ${counts.warn} warning${counts.warn === 1 ? '' : 's'}, ${counts.fail} failed, ${counts.skipped} skipped in ${seconds} s`,
  )
  return lines
}

/** Looks that were left out for the same reason share a line. */
function linesOf(checks: DoctorReport['checks']): readonly string[] {
  const all = checks.flatMap(({ id, results }) => results.map((result) => ({ ids: [id], result })))
  const merged: { readonly ids: readonly string[]; readonly result: ReportedResult }[] = []
  for (const each of all) {
    const last = merged.at(-1)
    if (last !== undefined && isSameSkip(last.result, each.result))
      merged.splice(-1, 1, { ids: [...last.ids, ...each.ids], result: each.result })
    else merged.push(each)
  }
  return merged.flatMap(({ ids, result }) => resultLines([...new Set(ids)].join(', '), result))
}

function isSameSkip(one: ReportedResult, other: ReportedResult): boolean {
  const areSkipped = one.status === 'skipped' && other.status === 'skipped'
  return areSkipped && one.seen === other.seen && one.about === other.about
}

function resultLines(id: string, result: ReportedResult): readonly string[] {
  const { status, about } = result
  const seen = `  ${MARKS[status]}  ${id}: ${about === undefined ? '' : `${about}: `}${result.seen.replaceAll('\n', `\n${INDENT}`)}`
  if (result.status === 'ok' || result.status === 'skipped') return [seen]
  return [seen, `${INDENT}To do: ${result.todo}`, `${INDENT}More: ${result.page}`]
}
