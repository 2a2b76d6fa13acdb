import { describe, expect, it } from 'vitest'
import { manualClock } from '../support/clock.ts'
import { NO_ABORT } from '../support/lookup.ts'
import { asking, fake, observable, provided, told } from '../support/misp-provider.ts'
import { indicatorsIn } from '../support/change-content.ts'

describe('hybrid', () => {
  it('asks for what the mirror does not know until that is up to date', async () => {
    const misp = await fake([{ type: 'ip-dst', value: '45.1.2.3' }])
    const { provider, ask } = asking(misp, { mode: 'hybrid' })
    const unknown = observable('ipv4', '45.1.2.4')
    expect(provider.asks?.(unknown, false)).toBe(true)
    expect(provider.asks?.(unknown, true)).toBe(false)
    const units: string[] = []
    for await (const change of provider.changes?.(NO_ABORT) ?? []) {
      if (change.kind === 'replace') {
        for await (const indicators of change.load(NO_ABORT))
          units.push(...indicatorsIn(indicators).map(({ value }) => value))
      }
      if (provider.asks?.(unknown, false) === false) break
    }
    expect(units).toEqual(['45.1.2.3'])
    expect((await ask([observable('ipv4', '45.1.2.3')])).map(told)).toEqual([['exact ip-dst 45.1.2.3']])
  })
})

describe('at start', () => {
  it('says once what MISP this is', async () => {
    const misp = await fake()
    const { provider, telemetry, ask } = asking(misp)
    await ask([observable('ipv4', '45.1.2.3')])
    await expect
      .poll(() => telemetry.lines.filter(({ msg }) => msg === 'The server was looked at'))
      .toHaveLength(1)
    expect(provider).not.toHaveProperty('changes')
    expect(provider).not.toHaveProperty('report')
  })

  it.each([
    ['mirror', ['changes', 'report']],
    ['hybrid', ['lookup', 'answering', 'asks', 'changes', 'report']],
    ['online', ['lookup', 'answering', 'report']],
  ])('offers what mode %s and the settings ask for', async (mode, functions) => {
    const { provider } = provided(await fake(), { mode, sightings: { enabled: true } })
    const offered = ['lookup', 'answering', 'asks', 'changes', 'report'].filter((name) => name in provider)
    expect(offered).toEqual(functions)
  })

  it('looks again, tells what is new, and says nothing twice', async () => {
    const misp = await fake()
    const clock = manualClock(Date.now())
    await misp.stop()
    const { telemetry } = provided(misp, {}, undefined, clock)
    // The wall clock stays with the server's.
    const pass = (ms: number): Promise<void> => {
      clock.step(-ms)
      return clock.advance(ms)
    }
    const said = (): readonly unknown[] => telemetry.lines.map(({ msg }) => msg)
    await expect.poll(said).toEqual(['A look at the server found a trouble'])
    await misp.start()
    await pass(600_000)
    const all = ['A look at the server found a trouble', 'The server was looked at']
    await expect.poll(said).toEqual(all)
    const asked = misp.requests.length
    await pass(86_400_000)
    await expect.poll(() => misp.requests.length).toBe(asked + 2)
    misp.setFault('clock-skew', { seconds: -7200 })
    const warned = async (): Promise<unknown> => {
      await pass(86_400_000)
      return said().at(-1)
    }
    await expect.poll(warned).toBe('The server works with a reservation')
    expect(said().filter((msg) => msg === 'The server was looked at')).toHaveLength(1)
  })

  it('says what is wrong with the key', async () => {
    const misp = await fake()
    const { telemetry } = asking(misp, { apiKey: misp.keys.expired })
    await expect
      .poll(() => telemetry.lines.filter(({ msg }) => msg === 'A look at the server found a trouble'))
      .toHaveLength(1)
  })
})
