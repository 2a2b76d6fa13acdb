import { appendFile, readdir, rename, truncate } from 'node:fs/promises'
import { join } from 'node:path'
import * as fc from 'fast-check'
import { expect, it } from 'vitest'
import { faultyFiles, inFolder, textsOf, type FaultyFiles } from '../../test/support/sink-files.ts'
import { recordedTelemetry } from '../../test/support/telemetry.ts'
import { sinkEvents } from '../telemetry/events/sink.ts'
import { openFileWriter, type FileWriter } from './file-writer.ts'
import { createRotation } from './rotation.ts'

const events = sinkEvents(recordedTelemetry(), 'match-log')

type Step =
  | { readonly do: 'append'; readonly sizes: readonly number[] }
  | { readonly do: 'fail'; readonly sizes: readonly number[]; readonly after: number; readonly code: string }
  | { readonly do: 'unsynced' | 'restart' | 'renamed' | 'copied away' | 'torn' }

/** Less than the largest delivery, so that some are spread over several files. */
const MAX_BYTES = 100

const sizes = fc.array(fc.integer({ min: 1, max: 40 }), { minLength: 1, maxLength: 4 })
const step: fc.Arbitrary<Step> = fc.oneof(
  { weight: 5, arbitrary: fc.record({ do: fc.constant('append' as const), sizes }) },
  {
    weight: 3,
    arbitrary: fc.record({
      do: fc.constant('fail' as const),
      sizes,
      after: fc.nat(160),
      code: fc.constantFrom('ENOSPC', 'EIO'),
    }),
  },
  fc.record({ do: fc.constantFrom('unsynced', 'restart', 'renamed', 'copied away', 'torn') }),
)

/** One writer, what it was given, and what others have taken away meanwhile. */
interface World {
  readonly folder: string
  readonly files: FaultyFiles
  writer: FileWriter
  /** What the log must hold: every record once, in this order, but for the lines others left half. */
  readonly accepted: string[]
  readonly takenAway: string[]
  moved: number
}

function openWriter(folder: string, files: FaultyFiles): Promise<FileWriter> {
  const path = join(folder, 'out.log')
  return openFileWriter({ path, maxBytes: MAX_BYTES, backups: 500, sync: true, events, open: files.open })
}

/** Records that are told apart by a number, of various lengths. */
function records(world: World, lengths: readonly number[]): string[] {
  return lengths.map((length, index) => `${world.accepted.length + index}:`.padEnd(length, 'x'))
}

/** Appends as the pipeline does: again and again until it is taken. */
async function deliver(world: World, lines: readonly string[]): Promise<void> {
  for (let attempt = 0; attempt < 5; attempt++) {
    try {
      expect(await world.writer.append(lines)).toBe(lines.length)
      world.accepted.push(...lines)
      return
    } catch (error) {
      expect(error).toMatchObject({ retryability: 'transient' })
    }
  }
  expect.unreachable('every fault is used up by one call')
}

async function restart(world: World): Promise<void> {
  await world.writer.close()
  world.writer = await openWriter(world.folder, world.files)
}

async function perform(world: World, action: Step): Promise<void> {
  const path = join(world.folder, 'out.log')
  switch (action.do) {
    case 'append':
      return deliver(world, records(world, action.sizes))
    case 'fail':
      world.files.faults.write = { after: action.after, code: action.code }
      await deliver(world, records(world, action.sizes))
      world.files.faults.write = undefined
      return
    case 'unsynced':
      world.files.faults.sync = 'EIO'
      return deliver(world, records(world, [5]))
    case 'restart':
      return restart(world)
    case 'renamed':
      await takeAway(world)
      return hide(world, await readdir(world.folder))
    case 'copied away':
      await takeAway(world)
      await truncate(path, 0)
      return hide(
        world,
        (await readdir(world.folder)).filter((name) => name !== 'out.log'),
      )
    case 'torn':
      await appendFile(path, 'half a rec')
      return restart(world)
  }
}

/** Notes what the log holds, between two runs, since a run compresses in the background; the next one is open then. */
async function takeAway(world: World): Promise<void> {
  await world.writer.close()
  world.takenAway.push(...(await linesIn(world.folder)))
  world.writer = await openWriter(world.folder, world.files)
}

/** Moves files of the log out of the writer's sight while it has one of them open. */
async function hide(world: World, names: readonly string[]): Promise<void> {
  for (const name of names.filter((file) => file.startsWith('out.log')))
    await rename(join(world.folder, name), join(world.folder, `moved-${world.moved++}-${name}`))
}

function age(name: string): number {
  return Number(/\.(\d+)\.gz$/.exec(name)?.[1] ?? 0)
}

/** The lines of the log, oldest first. */
async function linesIn(folder: string): Promise<string[]> {
  const rotation = createRotation({ path: join(folder, 'out.log'), backups: 500, events })
  await rotation.start()
  await rotation.idle()
  const texts = Object.entries(await textsOf(folder)).filter(([name]) => name.startsWith('out.log'))
  return texts
    .toSorted(([a], [b]) => age(b) - age(a))
    .flatMap(([, text]) => text.split('\n').filter((line) => line !== ''))
}

it('holds every accepted record once and in order, whatever happens', { timeout: 60_000 }, async () => {
  await fc.assert(
    fc.asyncProperty(fc.array(step, { maxLength: 25 }), (steps) =>
      inFolder(async (folder) => {
        const files = faultyFiles()
        const writer = await openWriter(folder, files)
        const world: World = { folder, files, writer, accepted: [], takenAway: [], moved: 0 }
        for (const action of steps) await perform(world, action)
        await world.writer.close()
        const kept = Object.entries(await textsOf(folder)).filter(([name]) => /^out\.log(?:\.|$)/.test(name))
        for (const [, text] of kept)
          expect(text.replace(/^half a rec\n?/, '').length).toBeLessThanOrEqual(
            MAX_BYTES + 'half a rec'.length,
          )
        const found = [...world.takenAway, ...(await linesIn(folder))]
        expect(found.filter((line) => !line.startsWith('half a rec'))).toEqual(world.accepted)
      }),
    ),
    { numRuns: 60 },
  )
})
