/** Where in the file a problem lies: lines and columns count from 1, in UTF-16 units. */
export interface Place {
  readonly file: string
  readonly line: number
  readonly column: number
  /** How much of the line is meant, at least 1. */
  readonly length: number
  /** The line, fit to be shown (`redact.ts`). */
  readonly source: string
}

/** One thing that is wrong with the configuration, in a sentence without full stop. */
export interface Problem {
  readonly message: string
  /** In the file; absent when the environment, or the absence of something, is at fault. */
  readonly place?: Place
  /** True when a secret could not be read: reported under a code of its own when nothing else is wrong. */
  readonly secret?: true
}

/** Something the operator should know and that does not keep Tripline from running. */
export interface ConfigWarning {
  /** The setting or the environment variables it is about. */
  readonly setting: string
  readonly message: string
}

const MAX_PROBLEMS = 20
const MAX_WIDTH = 100
const HEADINGS = { one: 'The configuration has a problem:', more: 'The configuration has problems:' }

/** `file:line:col: message`, the source line, and a caret under the place; one block a problem. */
export function renderProblems(problems: readonly Problem[]): string {
  return [
    problems.length === 1 ? HEADINGS.one : HEADINGS.more,
    ...problems.slice(0, MAX_PROBLEMS).map(renderProblem),
    ...(problems.length > MAX_PROBLEMS ? ['… and more'] : []),
  ].join('\n\n')
}

function renderProblem({ message, place }: Problem): string {
  if (place === undefined) return message
  // Of a very long line only the part around the place is shown.
  const from = place.column > MAX_WIDTH ? place.column - MAX_WIDTH / 2 : 0
  const source = place.source.slice(from, from + MAX_WIDTH)
  const column = place.column - from
  const carets = '^'.repeat(Math.max(1, Math.min(place.length, source.length - column + 1)))
  const gutter = ' '.repeat(String(place.line).length)
  return [
    `${place.file}:${place.line}:${place.column}: ${message}`,
    `  ${place.line} | ${source}`,
    `  ${gutter} | ${' '.repeat(column - 1)}${carets}`,
  ].join('\n')
}
