import { Worker } from 'node:worker_threads'
import type { Clock } from '../core/clock.ts'
import type { BlockParts } from '../pipeline/block.ts'
import type { ExamineLines } from '../pipeline/examine-lines.ts'
import type { LineFindings } from '../pipeline/line-findings.ts'
import type { CatchUpEvents } from '../telemetry/events/catch-up.ts'
import type { ExaminationSettings } from './examination.ts'

/** What a helping thread is sent. */
export interface Question {
  readonly id: number
  readonly bytes: Uint8Array
  readonly maxLineBytes: number
}

/** What it sends when it can take questions. */
export const READY = 'ready'

/** And for each question. */
export interface Answer {
  readonly id: number
  readonly findings: LineFindings
}

/** Examines blocks of lines on as many threads as are free, this one with them. */
export interface Examiner {
  readonly examine: BlockParts['examine']
  /** Ends the threads; what they were asked is examined here. */
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
/** A thread without work for so long gives its memory back. */
const IDLE_MS = 5000
/** None is started for so long after one has failed. */
const FAILED_MS = 60_000

interface Asked {
  readonly question: Question
  readonly resolve: (findings: LineFindings) => void
}

interface Thread {
  readonly worker: Worker
  readonly asked: Map<number, Asked>
  readonly ending: AbortController
  isReady: boolean
}

interface Self extends ExaminerParts {
  readonly working: Set<Thread>
  nextId: number
  startsFrom: number
}

export function createExaminer(parts: ExaminerParts): Examiner {
  const self: Self = { ...parts, working: new Set(), nextId: 0, startsFrom: 0 }
  return {
    examine: (bytes, maxLineBytes) => {
      const free = [...self.working].find(({ isReady, asked }) => isReady && asked.size < MAX_ASKED)
      self.events.examined(free === undefined ? 'main' : 'helper')
      if (free !== undefined) return ask(self, free, { bytes, maxLineBytes })
      if (self.working.size < self.threads && self.clock.monotonic() >= self.startsFrom) begin(self)
      return Promise.resolve(self.examine(bytes, maxLineBytes))
    },
    close: async () => {
      self.startsFrom = Number.POSITIVE_INFINITY
      await Promise.all([...self.working].map((thread) => end(self, thread)))
    },
  }
}

/** The thread that examines with what a configuration says. */
export function startExamineThread(settings: ExaminationSettings): Worker {
  const worker = new Worker(new URL('./examine-thread.js', import.meta.url))
  worker.postMessage(settings, [])
  return worker
}

function ask(self: Self, thread: Thread, block: Omit<Question, 'id'>): Promise<LineFindings> {
  const question = { id: self.nextId++, ...block }
  return new Promise((resolve) => {
    thread.asked.set(question.id, { question, resolve })
    thread.worker.postMessage(question, [])
  })
}

function begin(self: Self): void {
  const thread: Thread = {
    worker: self.start(),
    asked: new Map(),
    ending: new AbortController(),
    isReady: false,
  }
  const { worker, asked } = thread
  self.working.add(thread)
  worker.unref()
  worker.on('message', (message: typeof READY | Answer) => {
    if (message === READY) thread.isReady = true
    else {
      asked.get(message.id)?.resolve(message.findings)
      asked.delete(message.id)
    }
    if (asked.size === 0) void endIfIdle(self, thread)
  })
  worker.on('error', (error) => fail(self, thread, error))
  worker.on('exit', (code) => fail(self, thread, new Error(`It ended by itself, with ${code}`)))
}

function fail(self: Self, thread: Thread, error: unknown): void {
  if (!self.working.has(thread)) return
  self.startsFrom = Math.max(self.startsFrom, self.clock.monotonic() + FAILED_MS)
  self.events.threadFailed(error)
  void end(self, thread)
}

async function endIfIdle(self: Self, thread: Thread): Promise<void> {
  const last = self.nextId
  await self.clock.sleep(IDLE_MS, thread.ending.signal)
  if (thread.asked.size === 0 && self.nextId === last) await end(self, thread)
}

/** What it was asked and has not answered is examined here. */
async function end(self: Self, thread: Thread): Promise<void> {
  if (!self.working.delete(thread)) return
  thread.ending.abort()
  const { asked, worker } = thread
  for (const { question, resolve } of asked.values())
    resolve(self.examine(question.bytes, question.maxLineBytes))
  asked.clear()
  await worker.terminate()
}
