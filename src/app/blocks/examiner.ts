import { statSync } from 'node:fs'
import { Worker } from 'node:worker_threads'
import type { Clock } from '../../core/clock.ts'
import { PACKAGE_FOLDER } from '../../core/package-folder.ts'
import type { BlockParts } from '../../pipeline/block.ts'
import type { ExamineLines } from '../../pipeline/examine-lines.ts'
import type { LineFindings } from '../../pipeline/line-findings.ts'
import type { CatchUpEvents } from '../../telemetry/events/catch-up.ts'
import type { ExaminationSettings } from './examination.ts'
import { READY, type Answer, type Question } from './thread-messages.ts'

/** Examines blocks of lines on as many threads as are free, this one with them. */
export interface Examiner {
  /** Rejects only when it is closed before the answer. */
  readonly examine: BlockParts['examine']
  /** Ends the threads. */
  close(): Promise<void>
}

export interface ExaminerParts {
  /** Most helping threads; 0 for none. */
  readonly threads: number
  /** Starts one. */
  readonly start: () => Worker
  /** For this thread. */
  readonly examine: ExamineLines
  readonly clock: Clock
  readonly events: CatchUpEvents
}

/** So many blocks wait at a thread at most, the one it works on counted: beyond, this thread works itself. */
const MAX_ASKED = 3
/** Blocks that come no further apart are a backlog, for which a thread is worth its start; so is one as large as a read can be. */
const BACKLOG_MS = 500
const BACKLOG_BYTES = 900_000
/** A thread without work for so long gives its memory back. */
const IDLE_MS = 5000
/** One that answers nothing for so long, or is not ready, hangs: it is ended, and what hangs it then shows where systemd's watchdog sees it. */
const HANGING_MS = 30_000
/** None is started for so long after one has failed. */
const FAILED_MS = 60_000
/** Of one thread: a line of 8 MiB takes some ten times as much. */
const MAX_HEAP_MB = 256

interface Asked {
  readonly question: Question
  readonly resolve: (findings: LineFindings) => void
  readonly reject: (error: unknown) => void
}

interface Thread {
  readonly worker: Worker
  readonly asked: Map<number, Asked>
  readonly ending: AbortController
  isReady: boolean
  /** How often it was asked, and how often it has answered. */
  questions: number
  answers: number
}

interface Self extends ExaminerParts {
  readonly working: Set<Thread>
  nextId: number
  lastBlockAt: number
  startsFrom: number
}

export function createExaminer(parts: ExaminerParts): Examiner {
  const self: Self = {
    ...parts,
    working: new Set(),
    nextId: 0,
    lastBlockAt: Number.NEGATIVE_INFINITY,
    startsFrom: 0,
  }
  return {
    examine: (bytes, maxLineBytes) => {
      const free = [...self.working].find(({ isReady, asked }) => isReady && asked.size < MAX_ASKED)
      if (free !== undefined) return ask(self, free, { id: self.nextId++, bytes, maxLineBytes })
      const now = self.clock.monotonic()
      const isBacklog = now - self.lastBlockAt <= BACKLOG_MS || bytes.length >= BACKLOG_BYTES
      self.lastBlockAt = now
      if (isBacklog && self.working.size < self.threads && now >= self.startsFrom) begin(self)
      return examineHere(self, { bytes, maxLineBytes })
    },
    close: async () => {
      self.startsFrom = Number.POSITIVE_INFINITY
      const closed = new Error('The examination of lines was ended')
      await Promise.all([...self.working].map((thread) => end(self, thread, ({ reject }) => reject(closed))))
    },
  }
}

/** What runs on a thread. */
export const EXAMINE_THREAD = new URL('dist/examine-thread.js', PACKAGE_FOLDER)

/**
 * Starts threads that examine with what a configuration says. Throws where the file on the disk is no longer the one of when this was
 * called: what another version asks the mirror may not be what this one would. Judged by which file it is, when that was
 * made and when it was written: npm gives all files of a package the same time of writing, and a link to a file, or other rights, make
 * none of another version.
 */
export function threadsOf(file: URL): (settings: ExaminationSettings) => Worker {
  const installed = (): string => {
    const { ino = 0, birthtimeMs = 0, mtimeMs = 0 } = statSync(file, { throwIfNoEntry: false }) ?? {}
    return `${ino} ${birthtimeMs} ${mtimeMs}`
  }
  const begunWith = installed()
  return (settings) => {
    if (installed() !== begunWith)
      throw new Error('Another Tripline was installed meanwhile; it comes into use with a restart')
    const worker = new Worker(file, { resourceLimits: { maxOldGenerationSizeMb: MAX_HEAP_MB } })
    worker.postMessage(settings, [])
    return worker
  }
}

async function examineHere(
  { events, examine }: Self,
  { bytes, maxLineBytes }: Pick<Question, 'bytes' | 'maxLineBytes'>,
): Promise<LineFindings> {
  events.examined('main')
  return examine(bytes, maxLineBytes)
}

function ask(self: Self, thread: Thread, question: Question): Promise<LineFindings> {
  thread.questions += 1
  return new Promise((resolve, reject) => {
    thread.asked.set(question.id, { question, resolve, reject })
    try {
      thread.worker.postMessage(question, [])
    } catch (error) {
      fail(self, thread, error)
    }
  })
}

function begin(self: Self): void {
  let worker: Worker
  try {
    worker = self.start()
  } catch (error) {
    // The system gives no more threads.
    return noteFailure(self, error)
  }
  const thread: Thread = {
    worker,
    asked: new Map(),
    ending: new AbortController(),
    isReady: false,
    questions: 0,
    answers: 0,
  }
  const { asked } = thread
  self.working.add(thread)
  worker.on('message', (message: typeof READY | Answer) => {
    if (message === READY) {
      thread.isReady = true
      void endWhenIdle(self, thread)
      return
    }
    thread.answers += 1
    self.events.examined('helper')
    asked.get(message.id)?.resolve(message.findings)
    asked.delete(message.id)
  })
  worker.on('messageerror', (error) => fail(self, thread, error))
  worker.on('error', (error) => fail(self, thread, error))
  worker.on('exit', (code) => fail(self, thread, new Error(`It ended by itself, with ${code}`)))
  // After the listeners, which hold the process up.
  worker.unref()
  void failUnlessReady(self, thread)
}

async function failUnlessReady(self: Self, thread: Thread): Promise<void> {
  const { signal } = thread.ending
  await self.clock.sleep(HANGING_MS, signal)
  if (!thread.isReady && !signal.aborted) fail(self, thread, new Error('It does not get ready'))
}

/** What it was asked and has not answered is examined here. */
function fail(self: Self, thread: Thread, error: unknown): void {
  if (!self.working.has(thread)) return
  noteFailure(self, error)
  void end(self, thread, ({ question, resolve, reject }) => {
    examineHere(self, question).then(resolve, reject)
  })
}

function noteFailure(self: Self, error: unknown): void {
  self.startsFrom = Math.max(self.startsFrom, self.clock.monotonic() + FAILED_MS)
  self.events.threadFailed(error)
}

/** Looks every few seconds, for one that has nothing to do, and for one that hangs. */
async function endWhenIdle(self: Self, thread: Thread): Promise<void> {
  const { asked, ending } = thread
  let [questions, answers, silentMs] = [-1, -1, 0]
  while (questions !== thread.questions || asked.size > 0) {
    silentMs = answers === thread.answers && asked.size > 0 ? silentMs + IDLE_MS : 0
    questions = thread.questions
    answers = thread.answers
    if (silentMs >= HANGING_MS) return fail(self, thread, new Error('It does not answer'))
    await self.clock.sleep(IDLE_MS, ending.signal)
    if (ending.signal.aborted) return
  }
  await end(self, thread)
}

async function end(
  self: Self,
  thread: Thread,
  settle: (asked: Asked) => void = () => undefined,
): Promise<void> {
  if (!self.working.delete(thread)) return
  thread.ending.abort()
  const { asked, worker } = thread
  for (const each of asked.values()) settle(each)
  asked.clear()
  await worker.terminate()
}
