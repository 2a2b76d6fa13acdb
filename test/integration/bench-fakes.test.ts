import { execute, parse } from 'graphql'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { fakeOpenCti } from '../../src/app/bench/fakes/opencti.ts'
import { startFakes, type Fakes } from '../../src/app/bench/fakes/fakes.ts'
import { valuesAt } from '../../src/app/bench/alerts/values.ts'
import { systemClock } from '../../src/core/clock.ts'
import { observableKey, type Observable } from '../../src/core/observable.ts'
import type { IntelProvider } from '../../src/core/ports.ts'
import type { Verdict } from '../../src/core/verdict.ts'
import { DETAILS, LOOKUP } from '../../src/intel/opencti/client/documents/lookup.ts'
import { ABOUT } from '../../src/intel/opencti/client/documents/server.ts'
import { mispConfig } from '../../src/intel/misp/config.ts'
import { inspectMisp } from '../../src/intel/misp/inspect.ts'
import { openCtiConfig } from '../../src/intel/opencti/config.ts'
import { inspectOpenCti } from '../../src/intel/opencti/inspect.ts'
import { createProvider, type ProviderConfig } from '../../src/intel/registry.ts'
import { createMemoryStore } from '../../src/store/memory/memory.ts'
import { startFakeMisp } from '../support/fake-misp/fake-misp.ts'
import { startFakeOpenCti } from '../support/fake-opencti/fake-opencti.ts'
import { schemaOf } from '../support/fake-opencti/graphql/schema.ts'
import { NO_ABORT } from '../support/lookup.ts'
import { recordedTelemetry } from '../support/telemetry.ts'

/** The built-in fakes of `tripline bench`, asked by the real providers. */

/** Types with values that the fakes know. */
const TYPES = ['ipv6', 'domain', 'url', 'email', 'md5', 'sha1', 'sha256'] as const

let fakes: Fakes
const closing: (() => Promise<unknown>)[] = []
beforeEach(async () => {
  fakes = await startFakes()
})
afterEach(async () => {
  for (const close of closing.splice(0)) await close()
  await fakes.close()
})

function valueOf(type: (typeof TYPES)[number], number: number) {
  return { type, value: valuesAt(1, number)[type], where: ['data.x'] } as const
}

function mispAt(url: string, apiKey: string) {
  return mispConfig.parse({ type: 'misp', url, apiKey, retries: 0, rateLimit: '0ms' })
}

function openCtiAt(url: string, token: string) {
  return openCtiConfig.parse({ type: 'opencti', url, token, retries: 0, rateLimit: '0ms' })
}

async function ask(config: ProviderConfig, observables: readonly Observable[]) {
  const telemetry = recordedTelemetry()
  const store = createMemoryStore({ clock: systemClock, maxEntries: 1000 })
  const provider: IntelProvider = await createProvider({
    id: 'p',
    config,
    telemetry,
    store,
    stateDir: '',
    once: true,
  })
  closing.push(() => provider.close())
  const verdicts = await provider.lookup?.(observables, NO_ABORT)
  const dropped = await telemetry.metrics.byReason('provider_rows_dropped_total')
  return { told: observables.map((each) => toldOf(verdicts?.get(observableKey(each)))), dropped }
}

/** What was found, without what differs from server to server: ids. */
function toldOf(verdict: Verdict | undefined): unknown {
  if (verdict?.kind !== 'hit') return verdict?.kind === 'unanswered' ? verdict.error.code : verdict?.kind
  return verdict.indicators.map(({ kind, indicator }) => [kind, indicator.type, indicator.value])
}

const known = TYPES.map((type) => valueOf(type, 0))
const unknown = TYPES.map((type) => valueOf(type, 1))

describe('the fake MISP of tripline bench', () => {
  it('answers as a MISP with the same attributes does, for known and unknown values', async () => {
    const types = { ipv6: 'ip-dst', email: 'email-src' } as const
    const attributes = known.map(({ type, value }) => ({
      type: type === 'ipv6' || type === 'email' ? types[type] : type,
      value,
    }))
    const real = await startFakeMisp({ events: [{ attributes }] })
    closing.push(() => real.close())
    const { url, key } = fakes.addresses.misp
    const own = await ask(mispAt(url, key), [...known, ...unknown])
    expect(own).toEqual(await ask(mispAt(real.url, real.keys.user), [...known, ...unknown]))
    expect(own.told.filter((told) => told === 'miss')).toHaveLength(unknown.length)
    expect(own.dropped).toEqual({})
  })

  it('lets nobody in without its key', async () => {
    const { url } = fakes.addresses.misp
    const { told } = await ask(mispAt(url, 'x'.repeat(40)), known)
    expect(new Set(told)).toEqual(new Set(['PROVIDER_REFUSED']))
  })

  it('is a good MISP to whoever checks it', async () => {
    const { url, key } = fakes.addresses.misp
    const findings = await inspectMisp({
      provider: 'p',
      config: mispAt(url, key),
      telemetry: recordedTelemetry(),
      signal: NO_ABORT,
    })
    expect(findings.map(({ level }) => level)).not.toContain('error')
    expect(findings.some(({ text }) => text.startsWith('MISP 2.5.1 at '))).toBe(true)
  })
})

describe('the fake OpenCTI of tripline bench', () => {
  it('answers as an OpenCTI with the same indicators does, for known and unknown values', async () => {
    const real = await startFakeOpenCti()
    closing.push(() => real.close())
    const paths = {
      ipv6: 'ipv6-addr:value',
      domain: 'domain-name:value',
      url: 'url:value',
      email: 'email-addr:value',
      md5: 'file:hashes.MD5',
      sha1: "file:hashes.'SHA-1'",
      sha256: "file:hashes.'SHA-256'",
    } as const
    for (const { type, value } of known) real.addIndicator({ pattern: `[${paths[type]} = '${value}']` })
    const { url, token } = fakes.addresses.opencti
    const own = await ask(openCtiAt(url, token), [...known, ...unknown])
    expect(own).toEqual(await ask(openCtiAt(real.url, real.token), [...known, ...unknown]))
    expect(own.told.filter((told) => told === 'miss')).toHaveLength(unknown.length)
    expect(own.dropped).toEqual({})
  })

  it('lets nobody in without its token', async () => {
    const { url } = fakes.addresses.opencti
    const { told } = await ask(openCtiAt(url, 'wrong'), known)
    expect(new Set(told)).toEqual(new Set(['PROVIDER_REFUSED']))
  })

  it('is a good OpenCTI to whoever checks it', async () => {
    const { url, token } = fakes.addresses.opencti
    const findings = await inspectOpenCti({
      provider: 'p',
      config: openCtiAt(url, token),
      telemetry: recordedTelemetry(),
      signal: NO_ABORT,
    })
    expect(findings.map(({ level }) => level)).not.toContain('error')
  })

  it('gives what its documents select, in the types of the schema, no field more and none less', () => {
    const answer = fakeOpenCti('t')
    const values = known.map(({ value }) => value)
    const dataOf = (operationName: string, variables: object): Record<string, unknown> => {
      const { body } = answer({
        method: 'POST',
        path: '/graphql',
        authorization: 'Bearer t',
        body: { operationName, variables },
      })
      return (body as { readonly data: Record<string, unknown> }).data
    }
    const both = { withObservables: true, withIndicators: true, withRelated: true, first: 1000 }
    const patterns = values.map((value) => `[domain-name:value = '${value}']`)
    const asked = { ...both, observables: filter(values), indicators: filter(patterns) }
    const found = dataOf('Lookup', asked)
    const ids = JSON.stringify(found).match(/(?<="id":")[^"]+/g) ?? []
    expect(ids).toHaveLength(values.length + 1)
    const named = { ...both, observables: filter(ids.slice(0, -1)), indicators: filter(ids.slice(-1)) }
    expect(executed(LOOKUP, found, asked)).toEqual(found)
    const details = dataOf('Details', named)
    expect(executed(DETAILS, details, named)).toEqual(details)
    const about = dataOf('About', {})
    expect(executed(ABOUT, about, {})).toEqual(about)
  })
})

function filter(list: readonly string[]) {
  return { mode: 'or', filters: [{ key: ['value'], values: list }], filterGroups: [] }
}

/** What a server with this data would answer to a document. */
function executed(document: string, data: Readonly<Record<string, unknown>>, variables: object): unknown {
  const result = execute({
    schema: schemaOf('6.7.11'),
    document: parse(document),
    rootValue: data,
    variableValues: { ...variables },
    fieldResolver: (source: Readonly<Record<string, unknown>>, _args, _context, { path }) => source[path.key],
    typeResolver: ({ entity_type: type }: { readonly entity_type: string }) =>
      type === 'Url' ? 'Url' : type.replaceAll('-', ''),
  })
  if ('errors' in result && result.errors !== undefined) throw new Error(result.errors.join('\n'))
  return JSON.parse(JSON.stringify('data' in result ? result.data : undefined)) as unknown
}
