import { readFileSync } from 'node:fs'
import { Copy, DockerfileParser, type Instruction } from 'dockerfile-ast'

export const DOCKERFILE = 'deploy/Dockerfile'

export interface Step {
  /** `RUN`, `COPY` … */
  readonly name: string
  /** What stands behind it, continued lines joined. */
  readonly text: string
  /** The words of `text` without its flags. */
  readonly words: readonly string[]
  readonly flags: Readonly<Record<string, string>>
}

export interface Stage {
  /** Empty for a stage without a name. */
  readonly name: string
  readonly base: string
  readonly steps: readonly Step[]
}

export interface Image {
  /** Arguments before the first stage, with their defaults. */
  readonly args: Readonly<Record<string, string>>
  readonly stages: readonly Stage[]
}

export function parseDockerfile(text = readFileSync(DOCKERFILE, 'utf8')): Image {
  const args: Record<string, string> = {}
  const stages: { name: string; base: string; steps: Step[] }[] = []
  for (const instruction of DockerfileParser.parse(text).getInstructions()) {
    const step = stepOf(instruction)
    if (step.name === 'FROM') {
      const [base = '', , name = ''] = step.words
      stages.push({ name, base, steps: [] })
      continue
    }
    stages.at(-1)?.steps.push(step)
    const [, key, value = ''] = /^(\w+)=(.*)$/.exec(step.text) ?? []
    if (stages.length === 0 && key !== undefined) args[key] = value
  }
  return { args, stages }
}

function stepOf(instruction: Instruction): Step {
  const flags = instruction instanceof Copy ? instruction.getFlags() : []
  return {
    name: instruction.getInstruction(),
    text: instruction.getArgumentsContent() ?? '',
    words: instruction.getArguments().map((argument) => argument.getValue()),
    flags: Object.fromEntries(flags.map((flag) => [flag.getName(), flag.getValue() ?? ''] as const)),
  }
}

/** Whether `.dockerignore` lets a path of the repository through to the builder: the last line that fits decides. */
export function inContext(path: string, ignore = readFileSync('.dockerignore', 'utf8')): boolean {
  const lines = ignore.split('\n').filter((line) => line !== '' && !line.startsWith('#'))
  const fitting = lines.findLast((line) => patternOf(line.replace('!', '')).test(path))
  return fitting === undefined || fitting.startsWith('!')
}

function patternOf(line: string): RegExp {
  const source = line
    .replaceAll('.', String.raw`\.`)
    .replaceAll('**/', '\0')
    .replaceAll('*', '[^/]*')
    .replaceAll('\0', '(?:.*/)?')
  return new RegExp(`^${source}(?:/|$)`)
}
