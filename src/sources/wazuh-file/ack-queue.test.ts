import { describe, expect, it } from 'vitest'
import { createAckQueue, type AckQueue } from './ack-queue.ts'
import type { Update } from './record.ts'

function at(offset: number): Update {
  const fingerprint = { bytes: 0, sha256: '' }
  return { kind: 'at', position: { dev: '1', ino: '2', fingerprint, offset, dated: null } }
}

function recording(): { queue: AckQueue; committed: number[] } {
  const committed: number[] = []
  const queue = createAckQueue((update) => committed.push(update.kind === 'at' ? update.position.offset : -1))
  return { queue, committed }
}

describe('createAckQueue', () => {
  it('commits over the gapless prefix only, whatever the order of acknowledgements', () => {
    const { queue, committed } = recording()
    const [first, second, third] = [queue.add(at(1)), queue.add(at(2)), queue.add(at(3))]
    third()
    second()
    expect(committed).toEqual([])
    expect(queue.size()).toBe(3)
    first()
    expect(committed).toEqual([1, 2, 3])
    expect(queue.size()).toBe(0)
  })

  it('takes a second acknowledgement of the same batch for nothing', () => {
    const { queue, committed } = recording()
    const first = queue.add(at(1))
    queue.add(at(2))
    first()
    first()
    expect(committed).toEqual([1])
  })

  it('passes a step at once when nothing waits, else after what stands before it', () => {
    const { queue, committed } = recording()
    queue.pass(at(1))
    expect(committed).toEqual([1])
    const ack = queue.add(at(2))
    queue.pass(at(3))
    expect(committed).toEqual([1])
    ack()
    expect(committed).toEqual([1, 2, 3])
  })

  it('keeps the newest of many steps behind a batch that is never acknowledged', () => {
    const { queue, committed } = recording()
    const ack = queue.add(at(0))
    for (let offset = 1; offset < 1000; offset += 1) queue.pass(at(offset))
    ack()
    expect(committed).toEqual([0, 999])
  })
})
