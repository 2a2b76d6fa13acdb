import { join } from 'node:path'
import * as fc from 'fast-check'
import { expect, it } from 'vitest'
import { alertLine, createLogWriter, type LogWriter } from '../support/log-writer.ts'
import { numbersOf, runSource, temporaryFolder, type Running } from '../support/wazuh-file.ts'

type Command =
  | { readonly kind: 'write'; readonly sizes: readonly number[] }
  | { readonly kind: 'flush' | 'rotate' | 'next day' | 'restart Wazuh' | 'crash Wazuh' | 'pack' }
  | { readonly kind: 'read' | 'read without ack' | 'restart Tripline' | 'kill Tripline' }

const command: fc.Arbitrary<Command> = fc.oneof(
  { weight: 6, arbitrary: fc.record({ kind: fc.constant('write'), sizes: sizes() }) },
  {
    weight: 6,
    arbitrary: fc.record({
      kind: fc.constantFrom('flush', 'rotate', 'next day', 'restart Wazuh', 'crash Wazuh', 'pack'),
    }),
  },
  {
    weight: 5,
    arbitrary: fc.record({
      kind: fc.constantFrom('read', 'read without ack', 'restart Tripline', 'kill Tripline'),
    }),
  },
)

function sizes(): fc.Arbitrary<readonly number[]> {
  return fc.array(fc.integer({ min: 280, max: 2000 }), { minLength: 1, maxLength: 12 })
}

/** What must and what may be read: the line a crash tore may have lost its newline only. */
interface Model {
  next: number
  readonly written: { readonly number: number; readonly bytes: number }[]
  readonly torn: Set<number>
}

interface World {
  readonly writer: LogWriter
  readonly model: Model
  readonly read: number[]
  readonly old: string[]
  running: Running
  readonly start: () => Running
}

function write({ writer, model }: World, lengths: readonly number[]): void {
  for (const length of lengths) {
    const line = alertLine(model.next, length)
    writer.line(line)
    model.written.push({ number: model.next, bytes: line.length + 1 })
    model.next += 1
  }
}

function crash({ writer, model }: World): void {
  for (let lost = writer.crash(); lost > 0;) {
    const last = model.written.pop()
    if (last === undefined) throw new Error('more was lost than was written')
    lost -= last.bytes
    if (lost <= 0) model.torn.add(last.number)
  }
}

async function stop(world: World, how: 'stop' | 'kill'): Promise<void> {
  await world.running[how]()
  world.read.push(...numbersOf(world.running.alerts))
  world.running = world.start()
}

async function perform(world: World, step: Command): Promise<void> {
  const { writer, old } = world
  switch (step.kind) {
    case 'write':
      return write(world, step.sizes)
    case 'flush':
      return writer.flush()
    case 'rotate':
    case 'next day':
      old.push(writer.dated())
      return writer.rotate(step.kind === 'rotate' ? 'part' : 'day')
    case 'restart Wazuh':
      return writer.restart()
    case 'crash Wazuh':
      return crash(world)
    case 'pack': {
      const oldest = old.shift()
      return oldest === undefined ? undefined : writer.compress(oldest)
    }
    case 'read':
      await world.running.settle()
      return
    case 'read without ack':
      await world.running.settle(false)
      return
    case 'restart Tripline':
      return stop(world, 'stop')
    case 'kill Tripline':
      return stop(world, 'kill')
  }
}

it('reads every line at least once and invents none, whatever happens', async () => {
  await fc.assert(
    fc.asyncProperty(fc.array(command, { maxLength: 40 }), async (steps) => {
      const folder = temporaryFolder()
      const writer = createLogWriter(folder.path)
      const settings = { files: [writer.path], startAt: 'beginning', batchAlerts: 3, readBytes: '8KiB' }
      const start = (): Running => runSource(join(folder.path, 'state'), settings)
      const model: Model = { next: 0, written: [], torn: new Set() }
      const world: World = { writer, model, read: [], old: [], running: start(), start }
      try {
        // Older files than the one of the first look are not read: so is the first start meant.
        await world.running.settle()
        await stop(world, 'stop')
        for (const step of steps) await perform(world, step)
        writer.flush()
        await stop(world, 'stop')
        await world.running.settle()
        await stop(world, 'stop')
        const seen = new Set(world.read)
        const missing = model.written.filter(({ number }) => !seen.has(number))
        expect(missing).toEqual([])
        const real = new Set(model.written.map(({ number }) => number))
        expect([...seen].filter((number) => !real.has(number) && !model.torn.has(number))).toEqual([])
      } finally {
        await world.running.stop()
        writer.close()
        folder.remove()
      }
    }),
    {
      numRuns: 100,
      // The file of the checkpoint was empty and its inode number is used again by a later one.
      examples: [
        [[{ kind: 'rotate' }, { kind: 'pack' }, { kind: 'write', sizes: [280] }, { kind: 'rotate' }]],
      ],
    },
  )
})

it('reads every line exactly once while nothing is killed', async () => {
  const calm: fc.Arbitrary<Command> = command.filter(
    ({ kind }) => !['kill Tripline', 'read without ack', 'crash Wazuh'].includes(kind),
  )
  await fc.assert(
    fc.asyncProperty(fc.array(calm, { maxLength: 40 }), async (steps) => {
      const folder = temporaryFolder()
      const writer = createLogWriter(folder.path)
      const settings = { files: [writer.path], startAt: 'beginning', batchAlerts: 3, readBytes: '8KiB' }
      const start = (): Running => runSource(join(folder.path, 'state'), settings)
      const model: Model = { next: 0, written: [], torn: new Set() }
      const world: World = { writer, model, read: [], old: [], running: start(), start }
      try {
        await world.running.settle()
        for (const step of steps) await perform(world, step)
        writer.flush()
        await world.running.settle()
        await stop(world, 'stop')
        expect(world.read).toEqual(model.written.map(({ number }) => number))
      } finally {
        await world.running.stop()
        writer.close()
        folder.remove()
      }
    }),
    { numRuns: 50 },
  )
})
