import { expect, it } from 'vitest'
import { manualClock } from '../../../test/support/clock.ts'
import { hangingOn } from '../../../test/support/signals.ts'
import { createNews } from './news.ts'

it('leaves nothing on the signal of the reader, however long that waits for files', async () => {
  const clock = manualClock()
  const news = createNews(clock, 1000)
  const { signal } = new AbortController()
  for (let round = 0; round < 100; round++) {
    const next = news.next(signal)
    await clock.advance(1000)
    await next
  }
  expect(hangingOn(signal)).toBe(0)
  news.close()
})
