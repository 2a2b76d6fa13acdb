import { describe, expect, it } from 'vitest'
import { recordedTelemetry } from '../../../test/support/telemetry.ts'
import { AppError } from '../../core/errors.ts'
import { warningListEvents } from '../../telemetry/events/warninglists.ts'
import { createInstanceLists, type ListClient } from './instance.ts'
import type { KeptList, KeptLists } from './kept-lists.ts'

const never = new AbortController().signal

function keptInMemory(): KeptLists & { readonly all: Map<string, KeptList> } {
  const all = new Map<string, KeptList>()
  return {
    all,
    load: async function* () {
      yield* all.values()
    },
    save: (kept) => Promise.resolve(void all.set(kept.id, kept)),
    retain: (ids) => {
      for (const id of all.keys()) if (!ids.has(id)) all.delete(id)
      return Promise.resolve()
    },
  }
}

/** Lists by id: their version and what is answered when they are asked for. */
type Lists = Record<string, { version: string; entries?: number; answer: unknown }>

function open(lists: Lists) {
  const telemetry = recordedTelemetry()
  const asked: string[] = []
  const client: ListClient = {
    warningLists: () =>
      Promise.resolve(
        Object.entries(lists).map(([id, { version, entries = 1 }]) => ({
          id,
          name: `list ${id}`,
          version,
          entries,
        })),
      ),
    warningList: (id) => {
      asked.push(id)
      const answer = lists[id]?.answer
      return answer instanceof Error ? Promise.reject(answer) : Promise.resolve(answer)
    },
  }
  const kept = keptInMemory()
  const events = warningListEvents(telemetry)
  const make = () => createInstanceLists({ provider: 'misp', client, kept, events })
  return { instance: make(), again: make, asked, kept, telemetry }
}

const answer = (name: string) => ({ name, type: 'string', version: '1', list: [`${name}.com`] })
const away = new AppError('PROVIDER_UNREACHABLE', 'away')

describe('the lists of a MISP', () => {
  it('are fetched when their version or their number of entries changes', async () => {
    const lists: Lists = {
      1: { version: '1', answer: answer('a') },
      2: { version: '1', answer: answer('b') },
    }
    const { instance, asked } = open(lists)
    await instance.refresh(never)
    await instance.refresh(never)
    expect(asked).toEqual(['1', '2'])
    lists[1] = { version: '2', answer: answer('a') }
    lists[2] = { version: '1', entries: 2, answer: answer('b') }
    await instance.refresh(never)
    expect(asked).toEqual(['1', '2', '1', '2'])
  })

  it('stay as they are where one cannot be fetched, and the others are fetched', async () => {
    const lists: Lists = {
      1: { version: '1', answer: answer('a') },
      2: { version: '1', answer: answer('b') },
    }
    const { instance, telemetry } = open(lists)
    const first = await instance.refresh(never)
    lists[1] = { version: '2', answer: new AppError('PROVIDER_OVERLOADED', 'too large') }
    lists[2] = { version: '2', answer: { name: 'b', list: [] } }
    lists[3] = { version: '1', answer: 'no list' }
    lists[4] = { version: '1', answer: answer('d') }
    const second = await instance.refresh(never)
    expect(second.complete).toBe(true)
    expect(second.lists.map(({ name }) => name)).toEqual(['a', 'b', 'd'])
    expect(second.lists.slice(0, 2)).toEqual(first.lists)
    expect(telemetry.lines).toMatchObject([
      { list: 'list 1', error: 'too large', msg: expect.stringContaining('earlier version stays') as string },
      { list: 'list 2', error: 'The list came without its entries' },
      { list: 'list 3', msg: expect.stringContaining('left out') as string },
    ])
  })

  it('are asked for no further when MISP went away', async () => {
    const { instance, asked } = open({
      1: { version: '1', answer: answer('a') },
      2: { version: '1', answer: away },
      3: { version: '1', answer: answer('c') },
    })
    const { lists, complete } = await instance.refresh(never)
    expect([lists.map(({ name }) => name), complete, asked]).toEqual([['a'], false, ['1', '2']])
  })

  it('are kept, and fetched again only where they changed since', async () => {
    const lists: Lists = {
      1: { version: '1', answer: answer('a') },
      2: { version: '1', answer: answer('b') },
    }
    const { instance, again, asked, kept } = open(lists)
    await instance.refresh(never)
    delete lists[1]
    const restarted = again()
    expect((await restarted.restore(never)).map(({ name }) => name)).toEqual(['a', 'b'])
    expect((await restarted.refresh(never)).lists.map(({ name }) => name)).toEqual(['b'])
    expect(asked).toEqual(['1', '2'])
    expect([...kept.all.keys()]).toEqual(['2'])
  })

  it('are used even when they cannot be kept', async () => {
    const { instance, kept, telemetry } = open({ 1: { version: '1', answer: answer('a') } })
    kept.save = () => Promise.reject(new Error('disk full'))
    expect((await instance.refresh(never)).lists).toHaveLength(1)
    expect(telemetry.lines).toMatchObject([{ error: 'disk full' }])
  })

  it('are left when told to stop', async () => {
    const { instance } = open({ 1: { version: '1', answer: away } })
    await expect(instance.refresh(AbortSignal.abort(new Error('stop')))).rejects.toThrow('stop')
  })
})
