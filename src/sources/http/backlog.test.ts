import { describe, expect, it } from 'vitest'
import { createBacklog, fileName, type Amount } from './backlog.ts'

const file = (sequence: number, amount: Amount): string => fileName(sequence, amount)

function backlogOf(alerts: number, bytes: number) {
  const told: Amount[] = []
  return { backlog: createBacklog({ alerts, bytes }, (waiting) => told.push(waiting)), told }
}

describe('the names of files', () => {
  it('sort in the order they were written', () => {
    const names = [9, 10, 1_773_043_200_000_000, 1_773_043_200_000_001].map((n) =>
      file(n, { alerts: n % 7, bytes: 1 }),
    )
    expect(names.toSorted()).toEqual(names)
  })
})

describe('a backlog', () => {
  it('is full at its number of alerts, and at its bytes', () => {
    const { backlog } = backlogOf(10, 1000)
    expect(backlog.reserve({ alerts: 6, bytes: 600 })).toBe(true)
    expect(backlog.reserve({ alerts: 5, bytes: 1 })).toBe(false)
    expect(backlog.reserve({ alerts: 1, bytes: 401 })).toBe(false)
    expect(backlog.waiting()).toEqual({ alerts: 6, bytes: 600 })
    expect(backlog.isFull()).toBe(false)
    expect(backlog.reserve({ alerts: 1, bytes: 400 })).toBe(true)
    expect(backlog.isFull()).toBe(true)
  })

  it('takes whatever comes when nothing waits, or it would never be taken', () => {
    const { backlog } = backlogOf(10, 1000)
    expect(backlog.reserve({ alerts: 50, bytes: 5000 })).toBe(true)
    expect(backlog.reserve({ alerts: 1, bytes: 1 })).toBe(false)
  })

  it('has room again for what could not be written, and for what is done', () => {
    const { backlog, told } = backlogOf(10, 1000)
    const amount = { alerts: 10, bytes: 100 }
    backlog.reserve(amount)
    backlog.release(amount)
    expect(backlog.waiting()).toEqual({ alerts: 0, bytes: 0 })
    backlog.reserve(amount)
    backlog.written(amount)
    expect(backlog.isFull()).toBe(true)
    backlog.removed([file(1, amount)])
    expect(backlog.waiting()).toEqual({ alerts: 0, bytes: 0 })
    expect(told.at(-1)).toEqual({ alerts: 0, bytes: 0 })
  })

  it('counts what an earlier process has left, and forgets what people took away', () => {
    const { backlog } = backlogOf(10, 1000)
    const first = backlog.listing()
    first.saw(file(1, { alerts: 7, bytes: 70 }))
    first.saw(file(2, { alerts: 4, bytes: 40 }))
    first.saw('README')
    first.end()
    expect(backlog.waiting()).toEqual({ alerts: 11, bytes: 110 })
    const second = backlog.listing()
    second.saw(file(2, { alerts: 4, bytes: 40 }))
    second.end()
    expect(backlog.waiting()).toEqual({ alerts: 4, bytes: 40 })
  })

  it('leaves a count alone during which something was done', () => {
    const { backlog } = backlogOf(10, 1000)
    const amount = { alerts: 3, bytes: 30 }
    backlog.reserve(amount)
    backlog.written(amount)
    const listing = backlog.listing()
    listing.saw(file(1, amount))
    backlog.removed([file(1, amount)])
    listing.end()
    expect(backlog.waiting()).toEqual({ alerts: 0, bytes: 0 })
  })

  it('leaves a count alone during which something was written', () => {
    const { backlog } = backlogOf(10, 1000)
    const amount = { alerts: 3, bytes: 30 }
    const before = backlog.listing()
    backlog.reserve(amount)
    const during = backlog.listing()
    before.end()
    // The file may be there already, and is counted as coming still.
    during.saw(file(1, amount))
    during.end()
    backlog.written(amount)
    expect(backlog.waiting()).toEqual(amount)
  })
})
