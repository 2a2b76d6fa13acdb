import { once } from 'node:events'
import { Worker } from 'node:worker_threads'
import { afterEach, describe, expect, it } from 'vitest'
import { manualClock } from '../../test/support/clock.ts'
import { recordedTelemetry } from '../../test/support/telemetry.ts'
import type { LineFindings } from '../pipeline/line-findings.ts'
import { catchUpEvents } from '../telemetry/events/catch-up.ts'
import { createExaminer, type Examiner } from './examiner.ts'

/** What a thread of the tests does with a question. */
const DOES = {
  answer: 'parentPort.postMessage({ id, findings: { text: `thread ${bytes.length} ${maxLineBytes}` } })',
  'keep silent': '',
  throw: 'throw new Error("out of memory")',
  exit: 'process.exit(0)',
}

function threadThat(does: keyof typeof DOES): Worker {
  const code = `const { parentPort } = require('node:worker_threads')
    parentPort.on('message', ({ id, bytes, maxLineBytes }) => { ${DOES[does]} })
    parentPort.postMessage('ready')`
  return new Worker(code, { eval: true })
}

const HERE = { text: 'here' } as LineFindings
const BLOCK = Buffer.from('{}\n')

let examiner: Examiner | undefined
afterEach(() => examiner?.close())

function examinerOf({ threads = 1, does = 'answer' }: { threads?: number; does?: keyof typeof DOES } = {}) {
  const clock = manualClock()
  const telemetry = recordedTelemetry(clock)
  const started: Worker[] = []
  const made = createExaminer({
    threads,
    start: () => {
      const worker = threadThat(does)
      started.push(worker)
      return worker
    },
    examine: () => HERE,
    clock,
    events: catchUpEvents(telemetry),
  })
  examiner = made
  const ask = async (): Promise<string> => (await made.examine(BLOCK, 7)).text
  /** Asks until a thread is there, which answers no earlier than it says that it is ready. */
  const ready = async (): Promise<Worker> => {
    await ask()
    const worker = started.at(-1)
    if (worker === undefined) throw new Error('No thread was started')
    await once(worker, 'message')
    return worker
  }
  const told = () => telemetry.lines.filter(({ msg }) => String(msg).startsWith('A helping thread failed'))
  return { clock, telemetry, started, ask, ready, told, close: () => made.close() }
}

describe('blocks are examined', () => {
  it('here where there are to be no threads', async () => {
    const { ask, started } = examinerOf({ threads: 0 })
    expect([await ask(), await ask()]).toEqual(['here', 'here'])
    expect(started).toHaveLength(0)
  })

  it('here until a thread is ready, then by it', async () => {
    const { ask, ready, started } = examinerOf()
    await ready()
    expect(await ask()).toBe('thread 3 7')
    expect(started).toHaveLength(1)
  })

  it('by as many threads as are allowed, and here when all have enough to do', async () => {
    const { ask, ready, started, telemetry, close } = examinerOf({ threads: 2, does: 'keep silent' })
    await ready()
    const first = [ask(), ask(), ask()]
    await ready()
    const second = [ask(), ask(), ask()]
    expect([await ask(), await ask()]).toEqual(['here', 'here'])
    expect(started).toHaveLength(2)
    const text = await telemetry.metrics.registry.metrics()
    expect(text).toContain('tripline_line_blocks_total{thread="helper"} 6')
    expect(text).toContain('tripline_line_blocks_total{thread="main"} 4')
    await close()
    expect(await Promise.all([...first, ...second])).toEqual(Array.from({ length: 6 }, () => 'here'))
  })
})

describe('a thread', () => {
  it.each(['throw', 'exit'] as const)('that fails (%s) loses nothing', async (does) => {
    const { ask, ready, told } = examinerOf({ does })
    await ready()
    expect(await Promise.all([ask(), ask()])).toEqual(['here', 'here'])
    expect(told()).toHaveLength(1)
  })

  it('that threw is not replaced for a minute', async () => {
    const { ask, ready, started, told, clock } = examinerOf({ does: 'throw' })
    await ready()
    await ask()
    expect(told()).toMatchObject([{ error: 'out of memory' }])
    await ask()
    expect(started).toHaveLength(1)
    await clock.advance(60_000)
    await ask()
    expect(started).toHaveLength(2)
  })

  it('without work ends, and the next block starts another', async () => {
    const { ask, ready, started, clock } = examinerOf()
    const worker = await ready()
    expect(await ask()).toBe('thread 3 7')
    const exited = once(worker, 'exit')
    await clock.advance(5000)
    await exited
    expect(await ask()).toBe('here')
    expect(started).toHaveLength(2)
  })

  it('with work does not end while time passes', async () => {
    const { ask, ready, started, clock } = examinerOf({ does: 'keep silent' })
    await ready()
    const asked = ask()
    await clock.advance(60_000)
    expect(started).toHaveLength(1)
    await examiner?.close()
    expect(await asked).toBe('here')
  })
})
