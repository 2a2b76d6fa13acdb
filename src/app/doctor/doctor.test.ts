import { PassThrough } from 'node:stream'
import { describe, expect, it } from 'vitest'
import { manualClock } from '../../../test/support/clock.ts'
import { loadConfig } from '../../config/load.ts'
import { aborted } from '../../core/abort.ts'
import { ownAccess } from './access.ts'
import { CATALOGUE } from './catalogue.ts'
import type { Check } from './checks.ts'
import type { DoctorContext, Look } from './context.ts'
import { examine } from './doctor.ts'
import { fail, ok } from './result.ts'
import { doctorReport } from './schema.ts'

const clock = manualClock()
const never = new AbortController().signal

const context: DoctorContext = {
  version: '1.2.3',
  clock,
  env: {},
  configuration: { kind: 'missing' },
  access: ownAccess(),
  unit: undefined,
  wazuh: { kind: 'none', tried: ['/var/ossec'] },
  throughWazuh: false,
  stdout: new PassThrough(),
}

function check(look: Look, boundMs?: number): Check {
  return { ...CATALOGUE[0], look, ...(boundMs === undefined ? {} : { boundMs }) }
}

describe('a check', () => {
  it('that never answers has failed after its time, and those behind it are made', async () => {
    let wasStopped = false
    const hanging = check((_, signal) => {
      signal.addEventListener('abort', () => (wasStopped = true))
      return new Promise(() => undefined)
    }, 5000)
    const examined = examine(context, never, {}, [hanging, check(() => [ok('fine')])])
    await clock.advance(4999)
    await clock.advance(1)
    await clock.advance(5000)
    const { report, left } = await examined
    expect(report.checks[0]?.results).toMatchObject([{ status: 'fail', seen: 'gave no answer within 5s' }])
    expect(report.checks[0]?.durationMs).toBe(10_000)
    expect(report.checks[1]?.results).toEqual([{ status: 'ok', seen: 'fine' }])
    expect({ left, wasStopped }).toEqual({ left: true, wasStopped: true })
  })

  it('that is stopped clears up before the next one is made', async () => {
    const told: string[] = []
    const stopped = check(async (_, signal) => {
      await aborted(signal)
      await clock.sleep(1000)
      told.push('cleared up')
      return []
    }, 5000)
    const next = check(() => {
      told.push('next')
      return [ok('fine')]
    })
    const examined = examine(context, never, {}, [stopped, next])
    await clock.advance(5000)
    await clock.advance(1000)
    expect(await examined).toMatchObject({ left: false })
    expect(told).toEqual(['cleared up', 'next'])
  })

  it.each<[string, Look]>([
    [
      'throws',
      () => {
        throw new Error('EIO: the disk')
      },
    ],
    ['rejects', () => Promise.reject(new Error('EIO: the disk'))],
  ])('that %s has failed, with the sentence of the error and what to do', async (_, look) => {
    const { report, left } = await examine(context, never, {}, [check(look)])
    expect(report.checks[0]?.results).toMatchObject([
      { status: 'fail', seen: 'the look itself failed: EIO: the disk', page: CATALOGUE[0].page },
    ])
    expect(report.ok).toBe(false)
    expect(left).toBe(false)
  })

  it('that found nothing says so, and what comes after an interruption is left out', async () => {
    const stop = new AbortController()
    const { report } = await examine(context, stop.signal, {}, [
      check(() => []),
      check(() => {
        stop.abort()
        return [ok('fine')]
      }),
      check(() => [ok('never')]),
    ])
    expect(report.checks.map(({ results }) => results[0]?.seen)).toEqual([
      'there is nothing to look at',
      expect.any(String),
      'interrupted before it',
    ])
  })
})

describe('the report', () => {
  it('is as its schema says, counts, and holds no secret and nothing a terminal obeys', async () => {
    const loaded = await loadConfig({
      env: { MISP_URL: 'https://misp.example.net', MISP_API_KEY: 'PLANTED-secret' },
    })
    const looked = { ...context, configuration: { kind: 'loaded', loaded, secretFiles: [] } as const }
    const { report } = await examine(looked, never, {}, [
      check(() => [ok('fine', 'PLANTED-secret.txt')]),
      check(() => [fail('it said PLANTED-secret\u001B[31m', 'take PLANTED-secret away')]),
    ])
    expect(doctorReport.parse(JSON.parse(JSON.stringify(report)))).toEqual(report)
    expect(report).toMatchObject({
      schema: 'tripline.doctor/1',
      version: '1.2.3',
      ok: false,
      counts: { ok: 1, warn: 0, fail: 1, skipped: 0 },
    })
    expect(JSON.stringify(report)).not.toContain('PLANTED')
    expect(report.checks[1]?.results[0]?.seen).toBe('it said [REDACTED]\\u001b[31m')
  })
})
