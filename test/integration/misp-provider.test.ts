import { describe, expect, it } from 'vitest'
import { NO_ABORT } from '../support/lookup.ts'
import { asking, fake, observable, provided, told } from '../support/misp-provider.ts'

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
          units.push(...indicators.map(({ value }) => value))
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
    await expect.poll(() => telemetry.lines.filter(({ msg }) => msg === 'MISP was looked at')).toHaveLength(1)
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

  it('says what is wrong with the key', async () => {
    const misp = await fake()
    const { telemetry } = asking(misp, { apiKey: misp.keys.expired })
    await expect
      .poll(() => telemetry.lines.filter(({ msg }) => msg === 'MISP cannot be used as configured'))
      .toHaveLength(1)
  })
})
