import { parentPort } from 'node:worker_threads'
import type { LineFindings } from '../../pipeline/line-findings.ts'
import { createExamination, type ExaminationSettings } from './examination.ts'
import { READY, type Answer, type Question } from './thread-messages.ts'

/**
 * What runs on a helping thread: gets its settings first, says that it is ready, and then answers questions one after the other. An
 * error ends it; the examiner goes on without.
 */
async function begin(settings: ExaminationSettings): Promise<void> {
  const examine = await createExamination(settings)
  parentPort?.on('message', ({ id, bytes, maxLineBytes }: Question) => {
    const answer: Answer = { id, findings: examine(bytes, maxLineBytes) }
    parentPort?.postMessage(answer, buffersOf(answer.findings))
  })
  parentPort?.on('messageerror', (error) => {
    throw error
  })
  parentPort?.postMessage(READY, [])
}

/** Handed over rather than copied. */
function buffersOf(findings: LineFindings): ArrayBuffer[] {
  return Object.values(findings).flatMap((part: string | ArrayBufferView<ArrayBuffer>) =>
    typeof part === 'string' ? [] : [part.buffer],
  )
}

parentPort?.once('message', (settings: ExaminationSettings) => void begin(settings))
