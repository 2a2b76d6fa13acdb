import { createBell } from '../core/bell.ts'
import type { DeadLetter, DeadLetters } from '../core/dead-letter.ts'
import type { LineBlock } from '../core/line-block.ts'
import type { Batch, Delivery, Source } from '../core/ports.ts'
import { analyseBatch, toDelivery, type Analysed, type ExaminingParts } from './batch.ts'
import { readFindings, type BlockParts } from './block.ts'
import type { Finish } from './finish.ts'
import type { AskOnline, FailedAlert, OnlineResult } from './online.ts'
import type { PendingQueue } from './pending.ts'

export interface PipelineParts extends ExaminingParts {
  readonly askOnline: AskOnline
  /** Takes what could not be asked; absent where no provider is asked. */
  readonly pending?: Pick<PendingQueue, 'put'>
  readonly finish: Finish
  /** Takes the alerts that cannot be examined. */
  readonly deadLetters: Pick<DeadLetters, 'put'>
  /** Takes the blocks of lines that sources hand out; absent where they are to hand out none. */
  readonly blocks?: BlockParts
  /**
   * Resolves to true when there is something to match against; until then sources are opened and wait. False: it will
   * not come (Tripline stops), and nothing is worked on.
   */
  readonly ready: Promise<boolean>
}

export interface Pipeline {
  /**
   * Takes batches from a source until it ends or `reading` is aborted, then finishes what it holds. `working` aborts
   * that too: batches not delivered by then are not acknowledged and come again at the next start.
   */
  run(source: Source, reading: AbortSignal, working: AbortSignal): Promise<void>
}

/**
 * Batches between a source and the sinks, and over all sources: the source waits beyond. A batch holds 256 alerts or a mebibyte of lines,
 * several times that as objects.
 */
const ALERTS_AT_ONCE = [4, 16] as const
/** Of blocks more of one source, so that each thread has the next one at hand, and less over all: there is room left for others. */
const BLOCKS_AT_ONCE = [8, 12] as const

export function createPipeline(parts: PipelineParts): Pipeline {
  const { events } = parts
  const freed = createBell()
  let overAll = 0
  const noLonger = async (holds: () => boolean): Promise<void> => {
    while (holds()) await freed.rung(NEVER)
  }
  return {
    run: async (source, reading, working) => {
      const inFlight = new Set<Promise<void>>()
      const failures: unknown[] = []
      const begin = (batch: Batch): void => {
        overAll += 1
        const done = work(batch, { ...parts, working, waiting })
          .catch((error: unknown) => void failures.push(error))
          .finally(() => {
            overAll -= 1
            inFlight.delete(done)
            events.inFlight(source.id, inFlight.size)
            freed.ring()
          })
        inFlight.add(done)
        events.inFlight(source.id, inFlight.size)
      }
      const orFail = (): void => {
        if (failures.length > 0) throw failures[0]
      }
      // Nothing makes room for unanswered alerts when Tripline stops.
      const waiting = AbortSignal.any([reading, working])
      for await (const batch of source.read(reading)) {
        if (working.aborted || !(await parts.ready)) break
        const [most, mostOverAll] = batch.block === undefined ? ALERTS_AT_ONCE : BLOCKS_AT_ONCE
        await noLonger(() => overAll >= mostOverAll)
        begin(batch)
        await noLonger(() => inFlight.size >= most && failures.length === 0)
        orFail()
      }
      await noLonger(() => inFlight.size > 0 && failures.length === 0)
      orFail()
    },
  }
}

const NEVER = new AbortController().signal

interface Working extends PipelineParts {
  readonly working: AbortSignal
  readonly waiting: AbortSignal
}

function work(batch: Batch, parts: Working): Promise<void> {
  const { block } = batch
  if (block === undefined) return complete(batch, analyseBatch(batch, parts), parts)
  return completeBlock(batch, block, parts)
}

/** As `complete`, without asking anybody: where somebody is asked for each alert there are no blocks. */
async function completeBlock(batch: Batch, block: LineBlock, parts: Working): Promise<void> {
  const { finish, working, blocks } = parts
  if (blocks === undefined) throw new Error('A source handed out a block of lines, which nobody takes')
  const found = blocks
    .examine(block.bytes, block.maxLineBytes)
    .then((findings) => readFindings(block, findings, { ...parts, ...blocks }))
  const [finished, buried] = await Promise.all([
    finish(deliveryOf(found), working),
    found.then(({ failed }) => bury(failed, parts)),
  ])
  if (finished && buried) batch.ack()
}

/** Asks, puts aside what is unanswered, delivers, buries what failed, acknowledges. */
async function complete(batch: Batch, analyses: Analysed, parts: Working): Promise<void> {
  const { finish, askOnline, working } = parts
  const answered = askOnline(analyses.analyses, working)
  const found = answered.then((result) => toDelivery(result, analyses, parts))
  const [finished, kept, buried] = await Promise.all([
    finish(deliveryOf(found), working),
    answered.then(({ unanswered }) => putAside(unanswered, parts)),
    found.then(({ failed }) => bury(failed, parts)),
  ])
  if (finished && kept && buried) batch.ack()
}

/** Heard of at once: `finish` looks at it only when its turn comes, and a rejection that nobody has heard of ends the process. */
function deliveryOf(found: Promise<{ readonly delivery: Delivery }>): Promise<Delivery> {
  const delivery = found.then((result) => result.delivery)
  delivery.catch(() => undefined)
  return delivery
}

/** True when what could not be examined is durable where a person finds it. */
async function bury(
  failed: readonly FailedAlert[],
  { deadLetters, events, working }: Working,
): Promise<boolean> {
  if (failed.length === 0) return true
  for (const { alert, error } of failed) events.analysisFailed(alert, error)
  const letters = failed.map<DeadLetter>((each) => ({ reason: 'analysis', component: 'pipeline', ...each }))
  return deadLetters.put(letters, working)
}

const FIRST_WAIT_MS = 250
const MAX_WAIT_MS = 10_000

/** True when everything is durable. A failing store is tried again for as long as it takes: reading waits meanwhile. */
async function putAside(
  unanswered: OnlineResult['unanswered'],
  { pending, clock, events, working, waiting }: Working,
): Promise<boolean> {
  for (const [provider, alerts] of unanswered) {
    for (let waitMs = FIRST_WAIT_MS; ; waitMs = Math.min(waitMs * 2, MAX_WAIT_MS)) {
      try {
        if (pending === undefined || !(await pending.put(provider, alerts, waiting))) return false
        break
      } catch (error) {
        events.putAsideFailed(provider, error, waitMs)
        await clock.sleep(waitMs, working)
        if (working.aborted) return false
      }
    }
  }
  return true
}
