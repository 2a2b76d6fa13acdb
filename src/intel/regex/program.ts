import type { Assertion, CharSet, PatternNode } from './parser.ts'

/**
 * A pattern as steps for a machine that follows all ways at once (Thompson 1968): each character is looked at once for each
 * step, so that no pattern takes longer than value length × steps.
 */
export type Program = readonly Step[]

type Step =
  | { readonly kind: 'take'; readonly set: CharSet }
  | { readonly kind: 'take-unit'; readonly codes: readonly number[] }
  | { readonly kind: 'assert'; readonly what: Assertion }
  /** Goes on at each of these places. */
  | { readonly kind: 'fork'; readonly to: readonly number[] }
  | { readonly kind: 'found' }

/** A counted repetition stands in the program as often as it is counted. */
const MAX_STEPS = 1000

/** Undefined when the program would be too long. */
export function compileProgram(tree: PatternNode): Program | undefined {
  const steps: Step[] = []
  if (!emit(tree, steps)) return undefined
  steps.push({ kind: 'found' })
  return steps.length > MAX_STEPS ? undefined : steps
}

function emit(node: PatternNode, steps: Step[]): boolean {
  if (steps.length > MAX_STEPS) return false
  switch (node.kind) {
    case 'set':
      steps.push({ kind: 'take', set: node.set })
      break
    case 'unit':
      steps.push({ kind: 'take-unit', codes: node.codes })
      break
    case 'assert':
      steps.push({ kind: 'assert', what: node.what })
      break
    case 'sequence':
      return node.nodes.every((each) => emit(each, steps))
    case 'choice':
      return emitChoice(node.nodes, steps)
    case 'repeat':
      return emitRepeat(node, steps)
  }
  return true
}

function emitChoice(nodes: readonly PatternNode[], steps: Step[]): boolean {
  const fork = steps.push({ kind: 'found' }) - 1
  const starts: number[] = []
  const ends: number[] = []
  for (const node of nodes) {
    starts.push(steps.length)
    if (!emit(node, steps)) return false
    ends.push(steps.push({ kind: 'found' }) - 1)
  }
  steps[fork] = { kind: 'fork', to: starts }
  for (const end of ends) steps[end] = { kind: 'fork', to: [steps.length] }
  return true
}

function emitRepeat({ node, min, max }: Extract<PatternNode, { kind: 'repeat' }>, steps: Step[]): boolean {
  const before = steps.length
  for (let time = 0; time < min; time++) {
    if (!emit(node, steps)) return false
    // Nothing, a million times over, is nothing.
    if (steps.length === before) break
  }
  if (max === Infinity) {
    const fork = steps.push({ kind: 'found' }) - 1
    if (!emit(node, steps)) return false
    steps.push({ kind: 'fork', to: [fork] })
    steps[fork] = { kind: 'fork', to: [fork + 1, steps.length] }
    return true
  }
  const forks: number[] = []
  for (let time = min; time < max; time++) {
    forks.push(steps.push({ kind: 'found' }) - 1)
    if (!emit(node, steps)) return false
  }
  for (const fork of forks) steps[fork] = { kind: 'fork', to: [fork + 1, steps.length] }
  return true
}

interface Run {
  readonly program: Program
  readonly value: string
  /** In which round a step was reached last: each is worked on once a character. */
  readonly reached: Uint32Array
}

/** Whether the pattern is found anywhere in the value. The caller bounds its length. */
export function runProgram(program: Program, value: string): boolean {
  const run = { program, value, reached: new Uint32Array(program.length) }
  let waiting: number[] = []
  for (let at = 0; at <= value.length; at++) {
    const next: number[] = []
    for (const place of waiting) if (follow(run, { place, at, into: next })) return true
    if (follow(run, { place: 0, at, into: next })) return true
    const code = value.charCodeAt(at)
    waiting = []
    for (const place of next) {
      if (at < value.length && takes(program[place], code)) waiting.push(place + 1)
    }
  }
  return false
}

function takes(step: Step | undefined, code: number): boolean {
  if (step?.kind === 'take') return step.set[Math.min(code, 128)] === 1
  return step?.kind === 'take-unit' && step.codes.includes(code)
}

interface Following {
  readonly place: number
  readonly at: number
  /** Places that wait for a character. */
  readonly into: number[]
}

/** Follows all ways from a place that take no character; true when one of them ends. */
function follow({ program, value, reached }: Run, { place, at, into }: Following): boolean {
  const open = [place]
  for (let next = open.pop(); next !== undefined; next = open.pop()) {
    if (reached[next] === at + 1) continue
    reached[next] = at + 1
    const step = program[next]
    if (step?.kind === 'found') return true
    if (step?.kind === 'take' || step?.kind === 'take-unit') into.push(next)
    else if (step?.kind === 'fork') open.push(...step.to)
    else if (step?.kind === 'assert' && holds(step.what, value, at)) open.push(next + 1)
  }
  return false
}

function holds(what: Assertion, value: string, at: number): boolean {
  if (what === 'start') return at === 0
  if (what === 'end') return at === value.length
  const isBorder = isWord(value.charCodeAt(at - 1)) !== isWord(value.charCodeAt(at))
  return isBorder === (what === 'word-border')
}

/** False for NaN, before the first and after the last character. */
function isWord(code: number): boolean {
  return (
    (code >= 48 && code <= 57) || (code >= 65 && code <= 90) || code === 95 || (code >= 97 && code <= 122)
  )
}
