import { describe, expect, it } from 'vitest'
import { alertWith } from '../../test/support/alerts.ts'
import { never, pipelineOf, recordingSink } from '../../test/support/pipeline.ts'
import type { Source } from '../core/ports.ts'
import type { BlockParts } from './block.ts'
import type { LineFindings } from './line-findings.ts'

async function turns(): Promise<void> {
  for (let turn = 0; turn < 20; turn += 1) await new Promise(setImmediate)
}

describe('blocks of lines', () => {
  /** Of nothing: the whole block is read anew. */
  const findings = { starts: new Uint32Array() } as LineFindings

  function blocksOf(count: number, ip = '9.9.9.9') {
    const examined: (() => void)[] = []
    const acked: number[] = []
    const state = { given: 0 }
    const source: Source = {
      id: 'test',
      read: async function* () {
        for (let index = 0; index < count; index += 1) {
          state.given += 1
          const block = {
            bytes: Buffer.from('{}\n'),
            maxLineBytes: 10,
            alertsOf: () => [alertWith({ ip }, { agent: { id: String(index), name: 'a' } })],
            counted: () => undefined,
            lastTime: () => 0,
          }
          yield { alerts: [], block, ack: () => void acked.push(index) }
        }
      },
      close: async () => undefined,
    }
    const blocks: BlockParts = {
      examine: () => new Promise((resolve) => examined.push(() => resolve(findings))),
      mayKnow: () => false,
    }
    return { source, blocks, examined, acked, state }
  }
  it('are delivered in their order, whichever is examined first, and acknowledged then', async () => {
    const { source, blocks, examined, acked } = blocksOf(3)
    const sink = recordingSink('log')
    const run = pipelineOf([sink], { blocks }).pipeline.run(source, never, never)
    await turns()
    for (const done of examined.slice(1)) done()
    await turns()
    expect([sink.got, acked]).toEqual([[], []])
    examined[0]?.()
    await run
    expect(sink.got.flatMap(({ matches }) => matches.map(({ alert }) => alert.agent.id))).toEqual([
      '0',
      '1',
      '2',
    ])
    expect(acked.toSorted((a, b) => a - b)).toEqual([0, 1, 2])
  })

  it('are not acknowledged before the sinks have accepted, and come in no larger number than fits', async () => {
    const { source, blocks, examined, acked, state } = blocksOf(30)
    const stopping = new AbortController()
    const sink = { ...recordingSink('log'), write: () => new Promise<void>(() => undefined) }
    void pipelineOf([sink], { blocks }).pipeline.run(source, never, stopping.signal)
    await turns()
    for (const done of examined) done()
    await turns()
    expect(state.given).toBe(8)
    expect(acked).toEqual([])
    stopping.abort()
  })

  it.each([
    ['is kept as a dead letter, and the block acknowledged then', false, ['analysis'], [0]],
    ['holds the acknowledgement back where no dead letter can be kept', true, [], []],
  ])('whose alert cannot be examined: it %s', async (_, refuses, letters, expected) => {
    const { source, blocks, examined, acked } = blocksOf(1, 'throw')
    const { pipeline, deadLetters } = pipelineOf([recordingSink('log')], { blocks, refuses })
    const run = pipeline.run(source, never, never)
    await turns()
    examined[0]?.()
    await run
    expect(deadLetters.letters.map(({ reason }) => reason)).toEqual(letters)
    expect(acked).toEqual(expected)
  })

  it('are refused where nobody takes them: nothing is passed over in silence', async () => {
    const { source } = blocksOf(1)
    await expect(pipelineOf([recordingSink('log')]).pipeline.run(source, never, never)).rejects.toThrow(
      'A source handed out a block of lines, which nobody takes',
    )
  })
})
