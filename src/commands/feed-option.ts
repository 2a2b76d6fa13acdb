import { InvalidArgumentError, Option } from 'commander'

export interface IntelOptions {
  readonly config?: string
  readonly feed: readonly string[]
}

/** For `scan`, `lookup` and `explain`. */
export function feedOption(): Option {
  return new Option('--feed <path>', 'a feed file or folder; may be given several times')
    .argParser(collect)
    .default([], 'those of the configuration')
}

/** For commander: `--feed a --feed b`. */
function collect(value: string, previous: readonly string[]): readonly string[] {
  if (value === '') throw new InvalidArgumentError('expected a path')
  return [...previous, value]
}
