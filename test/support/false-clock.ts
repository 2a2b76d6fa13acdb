import { readdirSync, writeFileSync } from 'node:fs'

/** A process whose wall clock a test sets; its monotonic clock and its timers run on. */
export interface FalseClock {
  /** What the process needs in its environment. */
  readonly env: Readonly<Record<string, string>>
  /** Sets the wall clock off by so many days from now on, back for a negative number. */
  step(days: number): void
}

/** The library of libfaketime; undefined where it is not installed. */
export function falseClockLibrary(): string | undefined {
  for (const root of ['/usr/lib', '/usr/lib64']) {
    const [found] = entriesOf(root).flatMap((folder) =>
      entriesOf(`${root}/${folder}/faketime`)
        .filter((name) => name.startsWith('libfaketimeMT.so'))
        .map((name) => `${root}/${folder}/faketime/${name}`),
    )
    if (found !== undefined) return found
  }
  return undefined
}

/** `file` tells the library the time; it is read at each look at the clock. */
export function createFalseClock(library: string, file: string): FalseClock {
  const step = (days: number): void => writeFileSync(file, `${days < 0 ? '' : '+'}${days}d\n`)
  step(0)
  return {
    env: {
      LD_PRELOAD: library,
      FAKETIME_TIMESTAMP_FILE: file,
      FAKETIME_NO_CACHE: '1',
      FAKETIME_DONT_FAKE_MONOTONIC: '1',
    },
    step,
  }
}

function entriesOf(folder: string): readonly string[] {
  try {
    return readdirSync(folder)
  } catch {
    return []
  }
}
