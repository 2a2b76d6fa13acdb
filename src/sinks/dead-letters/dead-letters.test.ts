import { appendFile, mkdir, readdir, readFile, rename, rm, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { describe, expect, it, onTestFinished } from 'vitest'
import { manualClock } from '../../../test/support/clock.ts'
import { inFolder } from '../../../test/support/sink-files.ts'
import { sampleAlert, sampleMatch } from '../../../test/support/sink-samples.ts'
import { recordedTelemetry } from '../../../test/support/telemetry.ts'
import type { DeadLetter } from '../../core/dead-letter.ts'
import { AppError } from '../../core/errors.ts'
import { deadLetterEvents } from '../../telemetry/events/dead-letters.ts'
import { sinkEvents } from '../../telemetry/events/sink.ts'
import type { DeadLettersConfig } from './config.ts'
import { openDeadLetterFolder } from './dead-letters.ts'

const ROOM: DeadLettersConfig = { maxSize: 256 * 1024 ** 2, atLimit: 'drop-oldest' }

async function setUp(stateDir: string, config = ROOM) {
  const clock = manualClock()
  const telemetry = recordedTelemetry(clock)
  const events = { ...deadLetterEvents(telemetry), ...sinkEvents(telemetry, 'dead-letters') }
  const letters = await openDeadLetterFolder({ config, stateDir, clock, events })
  onTestFinished(() => letters.close())
  return { letters, telemetry }
}

/** Letters of about 1,000 bytes each. */
function lettersOf(...ids: readonly string[]): readonly DeadLetter[] {
  return ids.map((id) => ({
    reason: 'refused',
    component: 'wazuh',
    text: id.padEnd(880, '.'),
    error: new AppError('SINK_FULL', 'too long'),
  }))
}

async function textOf(stateDir: string): Promise<string> {
  const folder = join(stateDir, 'dead-letters')
  const names = (await readdir(folder)).toSorted()
  return (await Promise.all(names.map((name) => readFile(join(folder, name), 'utf8')))).join('')
}

/** The ids of whole letters, in order. */
async function idsIn(stateDir: string): Promise<readonly string[]> {
  return (await textOf(stateDir)).split('\n').flatMap((line) => {
    if (!line.endsWith('}')) return []
    const { text } = JSON.parse(line) as { text: string }
    return [text.replace(/\.+$/, '')]
  })
}

describe('a dead letter', () => {
  it('says what, why and since when, and holds the alert as Wazuh wrote it', () =>
    inFolder(async (stateDir) => {
      const { letters, telemetry } = await setUp(stateDir)
      const match = sampleMatch()
      await letters.append([{ reason: 'dropped', component: 'matches', match }])
      await letters.append([
        { reason: 'analysis', component: 'pipeline', alert: sampleAlert(), error: new Error('a defect') },
      ])
      const [dropped, failed] = (await textOf(stateDir))
        .split('\n')
        .slice(0, 2)
        .map((line) => JSON.parse(line) as unknown)
      expect(dropped).toMatchObject({
        schema: 'tripline.dead-letter/1',
        time: '2026-03-09T08:00:00.000Z',
        reason: 'dropped',
        component: 'matches',
        match: { id: match.id },
        alert: match.alert.body,
      })
      expect(failed).toMatchObject({ reason: 'analysis', error: 'a defect', alert: sampleAlert().body })
      expect(await telemetry.metrics.byReason('dead_letters_total')).toEqual({ dropped: 1, analysis: 1 })
      expect(await telemetry.metrics.total('dead_letters_bytes')).toBe((await textOf(stateDir)).length)
    }))

  it('says so where the alert is nested deeper than can be written', () =>
    inFolder(async (stateDir) => {
      const { letters } = await setUp(stateDir)
      const deep: unknown = JSON.parse(`${'['.repeat(50_000)}${']'.repeat(50_000)}`)
      await letters.append([
        { reason: 'analysis', component: 'pipeline', alert: sampleAlert({ body: { deep } }) },
      ])
      const letter = JSON.parse(await textOf(stateDir)) as Record<string, unknown>
      expect(letter).toMatchObject({
        alert_id: sampleAlert().id,
        alert_omitted: expect.any(String) as string,
      })
    }))
})

describe('R18: the folder of dead letters', () => {
  it('R18: goes on behind a torn tail: the lines behind it are whole', () =>
    inFolder(async (stateDir) => {
      const before = await setUp(stateDir)
      await before.letters.append(lettersOf('a'))
      await before.letters.close()
      await appendFile(join(stateDir, 'dead-letters', 'dead-letters-000001.jsonl'), '{"schema":"tripl')
      const { letters, telemetry } = await setUp(stateDir)
      await letters.append(lettersOf('b', 'c'))
      expect(await idsIn(stateDir)).toEqual(['a', 'b', 'c'])
      expect(telemetry.lines.map(({ msg }) => msg)).toContain(
        'Dead letters of earlier runs are kept: look at them and remove them',
      )
    }))

  it('R18: with a damaged line in the middle keeps the others', () =>
    inFolder(async (stateDir) => {
      await mkdir(join(stateDir, 'dead-letters'))
      const path = join(stateDir, 'dead-letters', 'dead-letters-000007.jsonl')
      await writeFile(path, Buffer.from([0, 255, 10, 10, 34, 10]))
      const { letters } = await setUp(stateDir)
      await letters.append(lettersOf('a'))
      expect(await idsIn(stateDir)).toEqual(['a'])
      expect(await readdir(join(stateDir, 'dead-letters'))).toEqual(['dead-letters-000007.jsonl'])
    }))

  it('R18: when full removes the oldest, and counts them', () =>
    inFolder(async (stateDir) => {
      const { letters, telemetry } = await setUp(stateDir, { maxSize: 16_000, atLimit: 'drop-oldest' })
      const ids = Array.from({ length: 40 }, (_, number) => `letter ${number}`)
      for (const id of ids) await letters.append(lettersOf(id))
      const left = await idsIn(stateDir)
      expect(left.length).toBeGreaterThan(8)
      expect(left).toEqual(ids.slice(-left.length))
      expect((await textOf(stateDir)).length).toBeLessThanOrEqual(16_000)
      expect(await telemetry.metrics.byReason('dead_letters_dropped_total')).toEqual({
        limit: 40 - left.length,
      })
      expect(await telemetry.metrics.total('dead_letters_total')).toBe(40)
    }))

  it('R18: when full refuses, where the settings say so, until somebody makes room', () =>
    inFolder(async (stateDir) => {
      const { letters } = await setUp(stateDir, { maxSize: 16_000, atLimit: 'wait' })
      const ids = Array.from({ length: 14 }, (_, number) => `letter ${number}`)
      for (const id of ids) await letters.append(lettersOf(id))
      await expect(letters.append(lettersOf('x', 'y', 'z'))).rejects.toMatchObject({ code: 'SINK_FULL' })
      expect((await idsIn(stateDir)).slice(0, 14)).toEqual(ids)
      const folder = join(stateDir, 'dead-letters')
      for (const name of await readdir(folder)) await rm(join(folder, name))
      await letters.append(lettersOf('x', 'y', 'z'))
      expect(await idsIn(stateDir)).toEqual(['x', 'y', 'z'])
    }))

  it('R18: goes on when its files, or itself, are taken away under it', () =>
    inFolder(async (stateDir) => {
      const { letters } = await setUp(stateDir)
      await letters.append(lettersOf('a'))
      await rename(join(stateDir, 'dead-letters'), join(stateDir, 'looked-at'))
      await letters.append(lettersOf('b'))
      expect(await idsIn(stateDir)).toEqual(['b'])
      await rm(join(stateDir, 'dead-letters', 'dead-letters-000001.jsonl'))
      await letters.append(lettersOf('c'))
      expect(await idsIn(stateDir)).toEqual(['c'])
    }))

  it('R18: that cannot be written refuses, and takes the same letters when it can be', () =>
    inFolder(async (stateDir) => {
      const { letters } = await setUp(stateDir)
      const folder = join(stateDir, 'dead-letters')
      await rm(folder, { recursive: true })
      await writeFile(folder, 'not a folder')
      await expect(letters.append(lettersOf('a'))).rejects.toMatchObject({ code: 'SINK_UNWRITABLE' })
      await rm(folder)
      await letters.append(lettersOf('a'))
      expect(await idsIn(stateDir)).toEqual(['a'])
    }))
})
