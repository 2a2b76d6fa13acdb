import { expect, it } from 'vitest'
import { createLatch } from './latch.ts'
import { merged } from './merged.ts'

async function* given<T>(...values: readonly T[]): AsyncGenerator<T> {
  for (const value of values) yield await Promise.resolve(value)
}

async function all<T>(iteration: AsyncIterable<T>): Promise<readonly T[]> {
  const values: T[] = []
  for await (const value of iteration) values.push(value)
  return values
}

it('gives everything of all, each in its order', async () => {
  const values = await all(merged(given('a1', 'a2', 'a3'), given('b1', 'b2'), given<string>()))
  expect(values.filter((value) => value.startsWith('a'))).toEqual(['a1', 'a2', 'a3'])
  expect(values.filter((value) => value.startsWith('b'))).toEqual(['b1', 'b2'])
  expect(values).toHaveLength(5)
})

it('goes on with one while another waits', async () => {
  const held = createLatch()
  async function* waiting(): AsyncGenerator<string> {
    await held.opened
    yield 'late'
  }
  const seen: string[] = []
  for await (const value of merged(waiting(), given('a', 'b', 'c'))) {
    seen.push(value)
    if (value === 'c') held.open()
  }
  expect(seen).toEqual(['a', 'b', 'c', 'late'])
})

it('lets a source go on only when its value has been worked on', async () => {
  const log: string[] = []
  async function* counting(): AsyncGenerator<number> {
    for (let n = 0; n < 3; n++) {
      log.push(`made ${n}`)
      yield await Promise.resolve(n)
    }
  }
  for await (const value of merged(counting())) {
    await Promise.resolve()
    log.push(`worked ${value}`)
  }
  expect(log).toEqual(['made 0', 'worked 0', 'made 1', 'worked 1', 'made 2', 'worked 2'])
})

async function* failing(): AsyncGenerator<string> {
  yield await Promise.resolve('first')
  throw new Error('planted')
}

it('ends with the error of any', async () => {
  await expect(all(merged(failing(), given('a')))).rejects.toThrow('planted')
})

it('ends its sources when nobody reads on', async () => {
  const closed = createLatch()
  async function* endless(): AsyncGenerator<number> {
    try {
      for (let n = 0; ; n++) yield await Promise.resolve(n)
    } finally {
      closed.open()
    }
  }
  for await (const value of merged(endless())) if (value === 2) break
  await expect(closed.opened).resolves.toBeUndefined()
})
