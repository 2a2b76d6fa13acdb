import { expect, it } from 'vitest'
import { createFalseClock, falseClockLibrary, type FalseClock } from '../support/false-clock.ts'
import { startFakeMisp } from '../support/fake-misp/fake-misp.ts'
import { caughtUp, feeds, query, source, stop, useWorkspace } from './workspace.ts'

const workspace = useWorkspace()

const library = libraryToldOf()

/** Undefined, and told, where it is not installed; in CI it must be. */
function libraryToldOf(): string | undefined {
  const found = falseClockLibrary()
  if (found === undefined && process.env['CI'] === 'true') throw new Error('libfaketime is missing')
  if (found === undefined)
    process.stderr.write('SKIPPED: libfaketime is missing, steps of the clock are not tested end to end\n')
  return found
}

/** The wall clock of the daemon, in a zone that fits no date of the files. */
function falseClock(): FalseClock {
  const clock = createFalseClock(library ?? '', workspace.path('clock'))
  return { ...clock, env: { ...clock.env, TZ: 'Pacific/Kiritimati' } }
}

it.skipIf(library === undefined)(
  'R45: a clock that is stepped forward and back, in a wrong zone, changes nothing of what is read and held back',
  async () => {
    const clock = falseClock()
    workspace.file('bad.txt', 'evil.example.net\n')
    workspace.config({
      sources: { wazuh: source(workspace.path('alerts.json')) },
      suppress: { matchWindow: '1d', alertWindow: '1h' },
    })
    const writer = workspace.alerts()
    const daemon = workspace.start({ env: clock.env })
    for (const [index, days] of [0, 40, -900, 40, 0].entries()) {
      clock.step(days)
      // Reported at the first step, a repeat at all others.
      writer.line(query(2 * index + 1, 'same.evil.example.net'))
      writer.line(query(2 * index + 2, `a${index}.evil.example.net`))
      writer.flush()
      await workspace.matched(index + 2)
      writer.rotate(days === 40 ? 'day' : 'part')
    }
    expect(await stop(daemon)).toMatchObject({ alertsRead: 10, matches: 6 })
    const reported = workspace.matches().map(({ alert }) => alert.id)
    expect(reported).toEqual([1, 2, 4, 6, 8, 10].map((each) => `1773043200.${each}`))
  },
)
it.skipIf(library === undefined)(
  'R45: a step forward of months does not give up what waits for an answer',
  async () => {
    const clock = falseClock()
    const misp = await startFakeMisp({
      events: [{ info: 'A campaign', attributes: [{ type: 'domain', value: 'evil.example.net' }] }],
    })
    workspace.config({
      providers: {
        feeds: feeds(workspace.file('bad.txt', 'worse.example.net\n')),
        misp: {
          type: 'misp',
          url: misp.url,
          apiKey: misp.keys.user,
          retries: 0,
          breakerThreshold: 1,
          breakerTimeout: '100ms',
        },
      },
    })
    try {
      await misp.stop()
      const writer = workspace.alerts()
      const first = workspace.start({ env: clock.env })
      writer.line(query(1, 'evil.example.net'))
      await caughtUp(first, writer)
      clock.step(100)
      writer.line(query(2, 'a.evil.example.net'))
      await caughtUp(first, writer)
      await stop(first)
      clock.step(200)
      const second = workspace.start({ env: clock.env })
      writer.line(query(3, 'b.evil.example.net'))
      await caughtUp(second, writer)
      await misp.start()
      const matches = await workspace.matched(3)
      expect(matches.map(({ alert }) => alert.id)).toEqual([1, 2, 3].map((each) => `1773043200.${each}`))
      await stop(second)
    } finally {
      await misp.close()
    }
  },
)
