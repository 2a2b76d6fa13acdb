import { parentPort, workerData } from 'node:worker_threads'
import { createExamination, type ExaminationSettings } from './examination.ts'
import { READY, type Answer, type Question } from './examiner.ts'

/** What runs on a helping thread: takes questions one after the other. Its errors end it, and the examiner goes on without. */
async function run(settings: ExaminationSettings): Promise<void> {
  const examine = await createExamination(settings)
  parentPort?.on('message', ({ id, bytes, maxLineBytes }: Question) => {
    const answer: Answer = { id, findings: examine(bytes, maxLineBytes) }
    parentPort?.postMessage(answer)
  })
  parentPort?.postMessage(READY)
}

await run(workerData)
