import * as fc from 'fast-check'
import { expect, it } from 'vitest'
import type { Sighting } from '../../src/core/ports.ts'
import { manualClock } from '../support/clock.ts'
import {
  DAY_MS,
  failing,
  indicatorId,
  killableProcess,
  never,
  refusing,
  settled,
  setUpSightings,
  sighting,
  START,
  WINDOW_MS,
} from '../support/opencti-sightings.ts'

type Command =
  | { readonly kind: 'see'; readonly indicators: readonly number[]; readonly lateMs: number }
  | { readonly kind: 'deliver again' | 'window' | 'days' | 'month' | 'stop' | 'kill' | 'kill while it asks' }
  | { readonly kind: 'lose requests' | 'lose answers' | 'locks' | 'all is well' }

const command: fc.Arbitrary<Command> = fc.oneof(
  {
    weight: 5,
    arbitrary: fc.record({
      kind: fc.constant('see'),
      indicators: fc.array(fc.integer({ min: 1, max: 3 }), { minLength: 1, maxLength: 6 }),
      lateMs: fc.integer({ min: 0, max: 4 * WINDOW_MS }),
    }),
  },
  {
    weight: 8,
    arbitrary: fc.record({
      kind: fc.constantFrom(
        'deliver again',
        'window',
        'window',
        'days',
        'month',
        'stop',
        'kill',
        'kill while it asks',
      ),
    }),
  },
  {
    weight: 3,
    arbitrary: fc.record({
      kind: fc.constantFrom('lose requests', 'lose answers', 'locks', 'all is well'),
    }),
  },
)

const WRITES = /^(?:Add|Patch)Sighting$/
const hang = (): Promise<never> => new Promise(() => undefined)

async function play(commands: readonly Command[]) {
  const clock = manualClock(START)
  const { model, open, sightings: first } = await setUpSightings({ clock })
  let process = killableProcess()
  // One that can be killed, in the place of the one that cannot.
  await first.close()
  let sightings = open(process)
  let delivered: readonly Sighting[] = []
  let passed = 0
  const expected = new Map<string, number>()

  const stop = async (): Promise<void> => {
    const closed = sightings.close()
    await settled(clock)
    await clock.advance(3000)
    await closed
  }
  const restart = async (): Promise<void> => {
    process = killableProcess()
    sightings = open(process)
    await settled(clock)
  }
  const window = async (): Promise<void> => {
    await clock.advance(WINDOW_MS)
    await settled(clock)
  }
  const pass = async (days: number): Promise<void> => {
    // What was counted is remembered for 31 days; what waits for longer than 60 is given up.
    delivered = []
    passed += days
    if (passed < 55) await clock.advance(days * DAY_MS)
  }
  const steps: Readonly<Record<Exclude<Command['kind'], 'see'>, () => Promise<void> | void>> = {
    'deliver again': () => sightings.report(delivered),
    window,
    days: () => pass(13),
    month: () => pass(31),
    stop: () => stop().then(restart),
    kill: () => {
      process.kill()
      return stop().then(restart)
    },
    'kill while it asks': async () => {
      const { after } = model
      model.after = (operation) => (WRITES.test(operation) ? hang() : undefined)
      await window()
      process.kill()
      model.after = after
      await stop().then(restart)
    },
    'lose requests': () => void (model.before = failing('PROVIDER_UNREACHABLE', WRITES)),
    'lose answers': () => void (model.after = failing('PROVIDER_UNREACHABLE', WRITES)),
    locks: () => void (model.before = refusing('LOCK_ERROR', WRITES)),
    'all is well': () => {
      model.before = never
      model.after = never
    },
  }

  for (const next of commands) {
    if (next.kind !== 'see') {
      await steps[next.kind]()
      continue
    }
    const seenAt = clock.now() - next.lateMs
    delivered = next.indicators.map((number) => sighting({ ref: indicatorId(number), seenAt }))
    for (const { ref } of delivered) expected.set(ref, (expected.get(ref) ?? 0) + 1)
    await sightings.report(delivered)
  }
  await steps['all is well']()
  for (let round = 0; round < 4; round++) await window()
  await stop()
  const held = new Map<string, number>()
  for (const { from, count } of model.stored.values()) held.set(from, (held.get(from) ?? 0) + count)
  return { expected, held }
}

it('every alert counts once at the server, whatever is lost on the way and whenever Tripline ends', async () => {
  await fc.assert(
    fc.asyncProperty(fc.array(command, { minLength: 1, maxLength: 25 }), async (commands) => {
      const { expected, held } = await play(commands)
      expect(Object.fromEntries(held)).toEqual(Object.fromEntries(expected))
    }),
    { numRuns: 150 },
  )
}, 120_000)
