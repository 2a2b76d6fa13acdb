import { existsSync, readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { gunzipSync } from 'node:zlib'
import type { Random } from '../../../bench/generator/random.ts'
import { parseJson } from '../../../src/core/json.ts'
import { createLogWriter } from '../../support/log-writer.ts'
import { lineOf, numberOf } from './alerts.ts'

/** What stands for the manager: writes the alerts one after the other, rotates, packs and restarts as the recorded one does. */
export interface Wazuh {
  readonly path: string
  /** The dated file written to now. */
  dated(): string
  /** Writes so many further alerts, and then possibly does one of the things that happen to the file. */
  write(count: number): void
  /** Alerts given out so far, with those that a crash of the manager lost. */
  written(): number
  /** Everything reaches the file. */
  flush(): void
  readonly happened: Readonly<Record<Happening, number>>
  close(): void
}

type Happening = 'part' | 'day' | 'packed' | 'restart' | 'crash'

/** Of a hundred calls of `write`, so many end with it. */
const CHANCES = { part: 4, day: 2, restart: 2, crash: 1 } as const

export function startWazuh(root: string, alerts: number, random: Random): Wazuh {
  const writer = createLogWriter(root)
  const happened = { part: 0, day: 0, packed: 0, restart: 0, crash: 0 }
  let written = 0
  let toPack: string[] = []

  function happen(): void {
    const dice = random.int(100)
    if (dice < CHANCES.part) {
      writer.rotate('part')
      happened.part += 1
    } else if (dice < CHANCES.part + CHANCES.day) {
      // monitord packs the file without a number, and leaves the parts (4.14.7, recorded).
      toPack.push(writer.dated().replace(/-\d{3}\.json$/, '.json'))
      writer.rotate('day')
      happened.day += 1
    } else if (dice < CHANCES.part + CHANCES.day + CHANCES.restart) {
      writer.restart()
      happened.restart += 1
    } else if (dice < CHANCES.part + CHANCES.day + CHANCES.restart + CHANCES.crash) {
      writer.crash()
      happened.crash += 1
    } else if (random.chance(0.3)) {
      for (const file of toPack) writer.compress(file)
      happened.packed += toPack.length
      toPack = []
    }
  }
  return {
    path: writer.path,
    dated: () => writer.dated(),
    written: () => written,
    happened,
    flush: () => writer.flush(),
    write: (count) => {
      for (let left = Math.min(count, alerts - written); left > 0; left--) writer.line(lineOf(written++))
      if (random.chance(0.4)) writer.flush()
      happen()
    },
    close: () => writer.close(),
  }
}

/** The numbers of the alerts that stand whole in the files, wherever in a line: what can be read at all. */
export function alertsInFiles(root: string): ReadonlySet<number> {
  const found = new Set<number>()
  for (const file of datedFiles(root)) {
    const bytes = readFileSync(file)
    const text = (file.endsWith('.gz') ? gunzipSync(bytes) : bytes).toString()
    for (const piece of text.split(/\n|(?=\{"timestamp":)/)) {
      const alert = parseJson(piece)
      const number = numberOf((alert as { id?: string } | undefined)?.id ?? '')
      if (!Number.isNaN(number) && piece === lineOf(number)) found.add(number)
    }
  }
  return found
}

function datedFiles(root: string): readonly string[] {
  const year = join(root, '2026')
  if (!existsSync(year)) return []
  return readdirSync(year).flatMap((month) =>
    readdirSync(join(year, month)).map((name) => join(year, month, name)),
  )
}
