import { once } from 'node:events'
import { chmodSync, linkSync, mkdtempSync, renameSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { pathToFileURL } from 'node:url'
import { Worker } from 'node:worker_threads'
import { afterEach, describe, expect, it } from 'vitest'
import { manualClock } from '../../../test/support/clock.ts'
import { recordedTelemetry } from '../../../test/support/telemetry.ts'
import { extractConfig } from '../../extract/config.ts'
import { policyConfig } from '../../pipeline/config.ts'
import type { ExamineLines } from '../../pipeline/examine-lines.ts'
import type { LineFindings } from '../../pipeline/line-findings.ts'
import { catchUpEvents } from '../../telemetry/events/catch-up.ts'
import { createExaminer, threadsOf, type Examiner } from './examiner.ts'

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

/** Says never that it is ready. */
function silentThread(): Worker {
  return new Worker("require('node:worker_threads').parentPort.ref()", { eval: true })
}

function noThread(): never {
  throw new Error('EAGAIN')
}

const HERE = { text: 'here' } as LineFindings
const BLOCK = Buffer.from('{}\n')

let examiner: Examiner | undefined
afterEach(() => examiner?.close())

interface Given {
  readonly threads?: number
  readonly does?: keyof typeof DOES
  readonly examine?: ExamineLines
  readonly start?: () => Worker
}

function examinerOf({ threads = 1, does = 'answer', examine = () => HERE, start }: Given = {}) {
  const clock = manualClock()
  const telemetry = recordedTelemetry(clock)
  const started: Worker[] = []
  const made = createExaminer({
    threads,
    start: () => {
      const worker = start === undefined ? threadThat(does) : start()
      started.push(worker)
      return worker
    },
    examine,
    clock,
    events: catchUpEvents(telemetry),
  })
  examiner = made
  const ask = async (): Promise<string> => (await made.examine(BLOCK, 7)).text
  /** A backlog starts a thread, which answers no earlier than it says that it is ready. */
  const ready = async (): Promise<Worker> => {
    await ask()
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
    expect([await ask(), await ask(), await ask()]).toEqual(['here', 'here', 'here'])
    expect(started).toHaveLength(0)
  })

  it('here where blocks come one at a time: no thread is worth its start', async () => {
    const { ask, started, clock } = examinerOf()
    for (let block = 0; block < 3; block += 1) {
      expect(await ask()).toBe('here')
      await clock.advance(501)
    }
    expect(started).toHaveLength(0)
  })

  it('here when the first is as large as a read can be, while a thread starts for those behind it', async () => {
    const { started } = examinerOf()
    await examiner?.examine(Buffer.alloc(1_000_000, '\n'), 7)
    expect(started).toHaveLength(1)
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
    expect(text).toContain('tripline_line_blocks_total{thread="main"} 6')
    expect(text).not.toContain('tripline_line_blocks_total{thread="helper"}')
    const answers = Promise.allSettled([...first, ...second])
    await close()
    expect((await answers).map(({ status }) => status)).toEqual(Array.from({ length: 6 }, () => 'rejected'))
  })
})

describe('a thread', () => {
  it.each(['throw', 'exit'] as const)('that fails (%s) loses nothing', async (does) => {
    const { ask, ready, told } = examinerOf({ does })
    await ready()
    expect(await Promise.all([ask(), ask()])).toEqual(['here', 'here'])
    expect(told()).toHaveLength(1)
  })

  it('that cannot be started is told, and nothing is lost', async () => {
    const { ask, told } = examinerOf({ start: noThread })
    expect([await ask(), await ask(), await ask()]).toEqual(['here', 'here', 'here'])
    expect(told()).toMatchObject([{ error: 'EAGAIN' }])
  })

  it('that fails with what fails here, too: whoever asked hears of it', async () => {
    let failing = false
    const examine = (): LineFindings => {
      if (failing) throw new RangeError('no memory')
      return HERE
    }
    const { ask, ready } = examinerOf({ does: 'throw', examine })
    const worker = await ready()
    failing = true
    const exited = new Promise((resolve) => worker.once('exit', resolve))
    const answers = await Promise.allSettled([ask(), ask()])
    expect(answers.map(({ status }) => status)).toEqual(['rejected', 'rejected'])
    await exited
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
    await ask()
    expect(started).toHaveLength(2)
  })

  it('without work ends, and the next block starts another', async () => {
    const { ask, ready, started, clock } = examinerOf()
    const worker = await ready()
    expect(await ask()).toBe('thread 3 7')
    const exited = once(worker, 'exit')
    for (let look = 0; look < 2; look += 1) await clock.advance(5000)
    await exited
    expect([await ask(), await ask()]).toEqual(['here', 'here'])
    expect(started).toHaveLength(2)
  })

  it('without work ends while another has some', async () => {
    const { ask, ready, clock } = examinerOf({ threads: 2, does: 'keep silent' })
    await ready()
    const asked = [ask(), ask(), ask()]
    const second = await ready()
    const exited = once(second, 'exit')
    for (let look = 0; look < 2; look += 1) await clock.advance(5000)
    await exited
    const answers = Promise.allSettled(asked)
    await examiner?.close()
    expect(await answers).toHaveLength(3)
  })

  it('that does not get ready is ended, and not replaced for a minute', async () => {
    const { ask, started, told, clock } = examinerOf({ start: silentThread })
    expect([await ask(), await ask()]).toEqual(['here', 'here'])
    const exited = new Promise((resolve) => started[0]?.once('exit', resolve))
    await clock.advance(29_999)
    expect(told()).toEqual([])
    await clock.advance(1)
    await exited
    expect(told()).toMatchObject([{ error: 'It does not get ready' }])
    await ask()
    expect(started).toHaveLength(1)
  })

  it('with work does not end while it may still answer; one that hangs is ended, and its work done here', async () => {
    const { ask, ready, told, clock } = examinerOf({ does: 'keep silent' })
    const worker = await ready()
    const exited = new Promise((resolve) => worker.once('exit', resolve))
    const asked = ask()
    for (let look = 0; look < 5; look += 1) await clock.advance(5000)
    expect(told()).toEqual([])
    for (let look = 0; look < 3; look += 1) await clock.advance(5000)
    expect(await asked).toBe('here')
    expect(told()).toMatchObject([{ error: 'It does not answer' }])
    await exited
  })
})

it('threads of another version than this process are not started; a link to the file, or other rights, make none', async () => {
  const folder = mkdtempSync(join(tmpdir(), 'tripline-thread-'))
  const file = join(folder, 'thread.mjs')
  writeFileSync(file, '')
  const start = threadsOf(pathToFileURL(file))
  linkSync(file, `${file}.backup`)
  chmodSync(file, 0o600)
  const settings = { extract: extractConfig.parse({}), policy: policyConfig.parse({}), parsedLines: false }
  const same = start(settings)
  expect(same).toBeInstanceOf(Worker)
  await same.terminate()
  writeFileSync(`${file}.new`, '')
  renameSync(`${file}.new`, file)
  expect(() => start(settings)).toThrow('Another Tripline was installed meanwhile')
  rmSync(folder, { recursive: true })
})
