import { describe, expect, it } from 'vitest'
import { recordedTelemetry } from '../../../../test/support/telemetry.ts'
import { observableKey, type Observable, type ObservableType } from '../../../core/observable.ts'
import type { Verdict } from '../../../core/verdict.ts'
import type { AttributePage, AttributeQuery, MispRow } from '../api.ts'
import { createAsk } from './ask.ts'

const noAbort = new AbortController().signal
const SHA256 = '7a200c4df99887991c638fe625d07a4a3fc2bdc887112437752b3df5c8da79b6'

function term(type: ObservableType, value: string): Observable {
  return { type, value, where: ['lookup'] }
}

let made = 0

function row(type: string, value: string, more: Partial<MispRow> = {}): MispRow {
  made += 1
  const uuid = `00000000-0000-4000-8000-${String(made).padStart(12, '0')}`
  const event = { id: '7', uuid: 'e', info: 'Event', published: true, tags: [] }
  return { id: String(made), uuid, type, value, toIds: true, deleted: false, tags: [], event, ...more }
}

/** A server that answers each question with the rows `answer` gives for its values, in pages. */
function asking(
  answer: (values: readonly string[]) => readonly MispRow[],
  config: { toIds: boolean; published: boolean } = { toIds: true, published: true },
) {
  const queries: AttributeQuery[] = []
  const telemetry = recordedTelemetry()
  const client = {
    searchAttributes: (query: AttributeQuery): Promise<AttributePage> => {
      queries.push(query)
      const start = ((query.page ?? 1) - 1) * query.limit
      const rows = answer(query.values ?? []).slice(start, start + query.limit)
      return Promise.resolve({ rows, malformed: 0, skipped: 0, more: rows.length === query.limit })
    },
  }
  const ask = createAsk({ client, provider: 'misp', webUrl: 'https://misp.example', config, telemetry })
  const verdicts = async (...terms: Observable[]): Promise<readonly (Verdict | undefined)[]> => {
    const answers = await ask(terms, noAbort)
    return terms.map((one) => answers.get(observableKey(one)))
  }
  const dropped = () => telemetry.metrics.byReason('provider_rows_dropped_total')
  return { queries, telemetry, verdicts, dropped }
}

function told(verdict: Verdict | undefined): readonly string[] | undefined {
  if (verdict?.kind !== 'hit') return verdict && [verdict.kind]
  return verdict.indicators.map(({ indicator, kind }) => `${kind} ${indicator.sourceType} ${indicator.value}`)
}

/** Rows that have one of the values, as MISP finds them: either half, without regard to case. */
function database(...rows: MispRow[]): (values: readonly string[]) => readonly MispRow[] {
  return (values) => {
    const wanted = new Set(values.map((value) => value.toLowerCase()))
    return rows.filter(({ value }) =>
      [value, ...value.split('|')].some((part) => wanted.has(part.toLowerCase())),
    )
  }
}

describe('the question', () => {
  it('is one request for all spellings of all terms, each once, with the filters of the settings', async () => {
    const { queries, verdicts } = asking(() => [])
    await verdicts(term('domain', 'evil.com'), term('url', 'http://evil.com/'), term('sha256', SHA256))
    expect(queries).toEqual([
      {
        values: [
          'evil.com',
          'http://evil.com/',
          'http://evil.com:80/',
          'evil.com/',
          'http://evil.com',
          'http://evil.com:80',
          SHA256,
        ],
        toIds: true,
        published: true,
        limit: 5000,
        page: 1,
      },
    ])
  })

  it('leaves the filters out that the settings do not want', async () => {
    const { queries, verdicts } = asking(() => [], { toIds: false, published: false })
    await verdicts(term('domain', 'evil.com'))
    expect(queries).toEqual([{ values: ['evil.com'], limit: 5000, page: 1 }])
  })

  it('is not asked about nothing', async () => {
    const { queries, verdicts } = asking(() => [])
    expect(await verdicts()).toEqual([])
    expect(queries).toEqual([])
  })

  it('fails with what the client throws', async () => {
    const { verdicts } = asking(() => {
      throw new Error('down')
    })
    await expect(verdicts(term('domain', 'evil.com'))).rejects.toThrow('down')
  })
})

describe('the answer', () => {
  it('gives each term its rows, from whatever event, and the others a miss', async () => {
    const { verdicts } = asking(
      database(
        row('ip-dst', '198.51.100.7'),
        row('ip-src', '198.51.100.7'),
        row('filename|sha256', `a.exe|${SHA256}`),
        row('domain|ip', 'evil.com|198.51.100.7'),
      ),
    )
    const answers = await verdicts(
      term('ipv4', '198.51.100.7'),
      term('domain', 'evil.com'),
      term('sha256', SHA256),
      term('domain', 'good.com'),
    )
    expect(answers.map(told)).toEqual([
      ['exact ip-dst 198.51.100.7', 'exact ip-src 198.51.100.7', 'composite domain|ip 198.51.100.7'],
      ['composite domain|ip evil.com'],
      [`composite filename|sha256 ${SHA256}`],
      ['miss'],
    ])
  })

  it('is compared again: the case of a path, folded letters, other types, file names', async () => {
    const { verdicts, dropped } = asking(() => [
      row('url', 'http://evil.com/Path'),
      row('url', 'EVIL.com/path'),
      row('domain', 'évil.com'),
      row('text', 'evil.com'),
      row('filename|sha256', `evil.com|${SHA256}`),
      row('url', 'not a url'),
    ])
    const answers = await verdicts(term('url', 'http://evil.com/path'), term('domain', 'evil.com'))
    expect(answers.map(told)).toEqual([['exact url http://evil.com/path'], ['miss']])
    expect(await dropped()).toEqual({ not_asked: 3, unsupported_type: 1, not_a_value: 1 })
  })

  it('leaves out what the settings do not want, even when the server sends it', async () => {
    const event = { tags: [], published: false }
    const rows = database(
      row('domain', 'evil.com', { toIds: false }),
      row('domain', 'evil.com', { event }),
      row('domain', 'evil.com', { deleted: true }),
    )
    const strict = asking(rows)
    expect((await strict.verdicts(term('domain', 'evil.com'))).map(told)).toEqual([['miss']])
    expect(await strict.dropped()).toEqual({ filtered: 3 })
    const lax = asking(rows, { toIds: false, published: false })
    const [verdict] = await lax.verdicts(term('domain', 'evil.com'))
    expect(told(verdict)).toEqual(['exact domain evil.com', 'exact domain evil.com'])
  })

  it('takes a row once, even when a server gives it on two pages', async () => {
    const one = row('domain', 'evil.com')
    const { verdicts } = asking(() => [
      ...Array.from({ length: 4999 }, () => row('text', 'evil.com')),
      one,
      one,
    ])
    expect((await verdicts(term('domain', 'evil.com'))).map(told)).toEqual([['exact domain evil.com']])
  })
})

describe('a big answer', () => {
  it('is read page by page', async () => {
    const rows = Array.from({ length: 7000 }, () => row('domain', 'evil.com'))
    const { queries, verdicts } = asking(database(...rows))
    const [verdict] = await verdicts(term('domain', 'evil.com'))
    expect(told(verdict)).toHaveLength(7000)
    expect(queries.map(({ page }) => page)).toEqual([1, 2])
  })

  it('does not starve the other values of the question', async () => {
    const popular = Array.from({ length: 20_000 }, () => row('domain', 'popular.com'))
    const { queries, verdicts, telemetry } = asking(database(...popular, row('domain', 'evil.com')))
    const terms = Array.from({ length: 20 }, (_, index) => term('domain', `d${index}.com`))
    const answers = await verdicts(term('domain', 'popular.com'), ...terms, term('domain', 'evil.com'))
    expect(told(answers.at(-1))).toEqual(['exact domain evil.com'])
    expect(told(answers[0])?.length).toBeGreaterThanOrEqual(10_000)
    expect(queries).toHaveLength(5)
    expect(telemetry.lines).toMatchObject([{ value: 'popular.com', rows: 10_000 }])
  })

  it('is halved when no value stands out', async () => {
    const terms = Array.from({ length: 40 }, (_, index) => term('domain', `d${index}.com`))
    const rows = terms.flatMap(({ value }) => Array.from({ length: 300 }, () => row('domain', value)))
    const { verdicts } = asking(database(...rows))
    const answers = await verdicts(...terms)
    expect(answers.map((verdict) => told(verdict)?.length)).toEqual(terms.map(() => 300))
  })

  it('leaves a value unanswered that is a pattern and may stand in what was not read', async () => {
    const rows = Array.from({ length: 12_000 }, (_, index) => row('email', `${index}@evil.com`))
    const { verdicts } = asking(() => rows)
    const [verdict] = await verdicts(term('email', '%@evil.com'))
    expect(verdict).toMatchObject({ kind: 'unanswered', error: { code: 'PROVIDER_OVERLOADED' } })
  })

  it('is refused when it has little to do with the question: the server lost the filter', async () => {
    const rows = Array.from({ length: 100 }, (_, index) => row('domain', `d${index}.com`))
    const { verdicts } = asking(() => [...rows, row('domain', 'evil.com')])
    await expect(verdicts(term('domain', 'evil.com'))).rejects.toMatchObject({ code: 'PROVIDER_MALFORMED' })
  })

  it('is taken when its rows resemble the question', async () => {
    const rows = ['ÉVIL.com', 'ｅvil.com', 'evil\u200b.com '].flatMap((value) =>
      Array.from({ length: 50 }, () => row('text', value)),
    )
    const surplus = Array.from({ length: 100 }, (_, index) => row('email-src', `${index}@bad_1.com`))
    const { verdicts } = asking(() => [...rows, ...surplus])
    const answers = await verdicts(term('domain', 'evil.com'), term('email', '%@bad_1.com'))
    expect(answers.map(told)).toEqual([['miss'], ['miss']])
  })
})
