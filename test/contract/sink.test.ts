import { mkdir, readFile, rename, rm, symlink, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { Writable } from 'node:stream'
import { afterEach, describe, expect, it } from 'vitest'
import type { Sink } from '../../src/core/ports.ts'
import { createSink, SINKS, type SinkKind } from '../../src/sinks/registry.ts'
import { matchLogConfig } from '../../src/sinks/match-log/config.ts'
import { parsedLogConfig } from '../../src/sinks/parsed-log/config.ts'
import { stdoutConfig } from '../../src/sinks/stdout/config.ts'
import { wazuhLogConfig } from '../../src/sinks/wazuh-log/config.ts'
import { wazuhQueueConfig } from '../../src/sinks/wazuh-queue/config.ts'
import { eventIn } from '../support/datagram-event.ts'
import { bindReceiver, closeReceivers } from '../support/receiver.ts'
import { inFolder, systemError } from '../support/sink-files.ts'
import { sampleDelivery } from '../support/sink-samples.ts'
import { recordedTelemetry, type RecordedTelemetry } from '../support/telemetry.ts'

/** A sink under test, with a way to break what is behind it and to mend that. */
interface Subject {
  readonly sink: Sink
  readonly telemetry: RecordedTelemetry
  readonly break: () => Promise<void>
  readonly mend: () => Promise<void>
  /** The ids of the records that arrived, in order; throws when there is anything but whole records. */
  readonly ids: () => Promise<readonly unknown[]>
}

type IdOf = (record: Record<string, unknown>) => unknown

function idsOf(text: string, idOf: IdOf): readonly unknown[] {
  expect(text === '' || text.endsWith('\n')).toBe(true)
  const lines = text.split('\n').slice(0, -1)
  return lines.map((line) => idOf(JSON.parse(line) as Record<string, unknown>))
}

const FILE_SINKS = {
  'match-log': { config: matchLogConfig, idOf: ({ id }) => id },
  'parsed-log': { config: parsedLogConfig, idOf: ({ alert_id: id }) => id },
  'wazuh-log': { config: wazuhLogConfig, idOf: ({ tripline }) => (tripline as { id: unknown }).id },
} as const satisfies Partial<Record<SinkKind, { config: unknown; idOf: IdOf }>>

async function fileSubject(kind: keyof typeof FILE_SINKS, folder: string): Promise<Subject> {
  const path = join(folder, `${kind}.log`)
  const telemetry = recordedTelemetry()
  const deps = { id: kind, telemetry, stdout: new Writable(), stateDir: folder }
  const { config, idOf } = FILE_SINKS[kind]
  return {
    sink: await createSink(config.parse({ type: kind, path }), deps),
    telemetry,
    break: async () => {
      await rename(path, `${path}-aside`)
      await symlink('/dev/full', path)
    },
    mend: () => rename(`${path}-aside`, path),
    ids: async () => idsOf(await readFile(path, 'utf8'), idOf),
  }
}

async function stdoutSubject(stateDir: string): Promise<Subject> {
  let text = ''
  let broken = false
  const stdout = new Writable({
    write: (chunk: Buffer, _encoding, done) => {
      text += chunk.toString()
      done()
    },
  })
  const write = stdout.write.bind(stdout) as (chunk: Buffer, done: (error?: Error | null) => void) => boolean
  const breaking = (chunk: Buffer, done: (error?: Error | null) => void): boolean => {
    if (!broken) return write(chunk, done)
    done(systemError('EAGAIN'))
    return true
  }
  stdout.write = breaking as typeof stdout.write
  const telemetry = recordedTelemetry()
  return {
    sink: await createSink(stdoutConfig.parse({ type: 'stdout' }), {
      id: 'stdout',
      telemetry,
      stdout,
      stateDir,
    }),
    telemetry,
    break: async () => void (broken = true),
    mend: async () => void (broken = false),
    ids: async () => idsOf(text, ({ id }) => id),
  }
}

async function queueSubject(folder: string): Promise<Subject> {
  const socket = join(folder, 'queue')
  const telemetry = recordedTelemetry()
  const receiver = bindReceiver(socket)
  const outbox = join(folder, 'state/outbox/wazuh-queue')
  const deps = { id: 'wazuh-queue', telemetry, stdout: new Writable(), stateDir: join(folder, 'state') }
  return {
    sink: await createSink(wazuhQueueConfig.parse({ type: 'wazuh-queue', socket }), deps),
    telemetry,
    break: async () => {
      await receiver.received(await telemetry.metrics.total('sink_records_total'))
      await rename(outbox, `${outbox}-aside`)
      await writeFile(outbox, '')
    },
    mend: async () => {
      await rm(outbox)
      await rename(`${outbox}-aside`, outbox)
    },
    ids: async () => {
      const datagrams = await receiver.received(await telemetry.metrics.total('sink_records_total'))
      return datagrams.map((datagram) => eventIn(datagram).tripline.id)
    },
  }
}

const SUBJECTS: { readonly [Kind in SinkKind]: (folder: string) => Promise<Subject> } = {
  'match-log': (folder) => fileSubject('match-log', folder),
  'parsed-log': (folder) => fileSubject('parsed-log', folder),
  stdout: stdoutSubject,
  'wazuh-log': (folder) => fileSubject('wazuh-log', folder),
  'wazuh-queue': queueSubject,
}

afterEach(closeReceivers)

const never = new AbortController().signal

describe.each(Object.keys(SINKS) as SinkKind[])('the sink %s', (kind) => {
  const withSubject = (use: (subject: Subject) => Promise<void>) =>
    inFolder(async (folder) => {
      await mkdir(join(folder, 'logs'))
      const subject = await SUBJECTS[kind](join(folder, 'logs'))
      await use(subject)
      await subject.sink.close()
      await rm(join(folder, 'logs'), { recursive: true, force: true })
    })

  it('has its id, and settings that say their type', () =>
    withSubject(async ({ sink }) => {
      expect([sink.id, sink.takes]).toEqual([kind, SINKS[kind].takes])
      expect(SINKS[kind].config.parse({ type: kind })).toMatchObject({ type: kind })
      expect(SINKS[kind].config.safeParse({ type: kind, surplus: 1 }).success).toBe(false)
      await Promise.resolve()
    }))

  it('writes deliveries in order, whole, and counts the records', () =>
    withSubject(async ({ sink, telemetry, ids }) => {
      await sink.write(sampleDelivery('a', 3), never)
      await sink.write(sampleDelivery('b', 0), never)
      await sink.write(sampleDelivery('c', 2), never)
      expect(await ids()).toEqual(['a-0', 'a-1', 'a-2', 'c-0', 'c-1'])
      expect(await telemetry.metrics.total('sink_records_total')).toBe(5)
      expect(await telemetry.metrics.total('sink_errors_total')).toBe(0)
      expect(telemetry.lines).toEqual([])
    }))

  it('loses and doubles nothing when a rejected write is repeated; counts it, and leaves the telling to the caller', () =>
    withSubject(async ({ sink, telemetry, ids, ...subject }) => {
      await sink.write(sampleDelivery('a', 2), never)
      await subject.break()
      const delivery = sampleDelivery('b', 2)
      for (let attempt = 0; attempt < 3; attempt++)
        await expect(sink.write(delivery, never)).rejects.toMatchObject({
          name: 'AppError',
          retryability: 'transient',
        })
      await subject.mend()
      await sink.write(delivery, never)
      expect(await ids()).toEqual(['a-0', 'a-1', 'b-0', 'b-1'])
      expect(await telemetry.metrics.total('sink_errors_total')).toBe(3)
      expect(telemetry.lines).toEqual([])
    }))

  it('rejects with an AppError after an abort, and leaves nothing behind', () =>
    withSubject(async ({ sink, ids }) => {
      await expect(sink.write(sampleDelivery('a', 2), AbortSignal.abort())).rejects.toMatchObject({
        name: 'AppError',
      })
      expect(await ids()).toEqual([])
    }))

  it('can be closed twice, also while it is broken, and takes nothing after that', () =>
    withSubject(async ({ sink, ids, ...subject }) => {
      await subject.break()
      await expect(sink.write(sampleDelivery('a', 1), never)).rejects.toMatchObject({ name: 'AppError' })
      await sink.close()
      await sink.close()
      await subject.mend()
      await expect(sink.write(sampleDelivery('a', 1), never)).rejects.toMatchObject({ name: 'AppError' })
      expect(await ids()).toEqual([])
    }))
})
