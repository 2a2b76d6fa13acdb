import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { Agent } from 'undici'
import { afterEach, describe, expect, it } from 'vitest'
import { ask, codeIn, graphql } from '../support/fake-opencti/ask.ts'
import type { FakeOpenCti, FakeOpenCtiOptions } from '../support/fake-opencti/fake-opencti.ts'
import { startFakeOpenCti } from '../support/fake-opencti/fake-opencti.ts'
import type { Fault, FaultOptions } from '../support/fake-opencti/http/faults.ts'

const open: FakeOpenCti[] = []

afterEach(async () => {
  for (const opencti of open.splice(0)) await opencti.close()
})

async function fake(options: FakeOpenCtiOptions = {}): Promise<FakeOpenCti> {
  const opencti = await startFakeOpenCti(options)
  open.push(opencti)
  return opencti
}

const ABOUT = { query: '{ about { version } }' }

function file(name: string): string {
  return readFileSync(join(import.meta.dirname, '../fixtures/tls', name), 'utf8')
}

describe('how the fake OpenCTI fails', () => {
  it.each<[fault: Fault, options: FaultOptions, status: number, text: string]>([
    ['html-200', {}, 200, '<!doctype html>'],
    ['html-502', {}, 502, 'Bad Gateway'],
    ['unauthorized', {}, 401, '"message"'],
    ['forbidden', {}, 403, '"message"'],
    ['unavailable', {}, 503, 'Unavailable'],
    ['proxy-rate-limit', { seconds: 7 }, 429, 'Too many requests'],
    ['data-null', {}, 200, '"data":null'],
    ['empty-body', {}, 200, ''],
    ['slow-first-byte', { ms: 5 }, 200, '"version":"6.7.11"'],
  ])('%s', async (fault, options, status, text) => {
    const opencti = await fake()
    opencti.setFault(fault, { ...options, times: 1 })
    const told = await ask(opencti, '/graphql', ABOUT)
    expect(told.status).toBe(status)
    expect(told.text).toContain(text)
    expect(told.headers['retry-after']).toBe(options.seconds?.toString())
    expect((await ask(opencti, '/graphql', ABOUT)).text).toBe('{"data":{"about":{"version":"6.7.11"}}}')
  })

  it('cuts an answer in half, or the line', async () => {
    const opencti = await fake()
    opencti.setFault('truncated', { times: 1 })
    const { text } = await ask(opencti, '/graphql', ABOUT)
    expect('{"data":{"about":{"version":"6.7.11"}}}'.startsWith(text)).toBe(true)
    expect(text.length).toBeLessThan(25)
    opencti.setFault('reset', { times: 1 })
    await expect(ask(opencti, '/graphql', ABOUT)).rejects.toThrow('other side closed')
  })

  it.each<[version: string, status: number]>([
    ['6.7.11', 200],
    ['7.260422.0', 200],
    ['7.260428.0', 429],
  ])('%s limits the rate of look-ups with %i', async (version, status) => {
    const opencti = await fake({ version })
    opencti.setFault('rate-limit')
    expect((await ask(opencti, '/graphql', ABOUT, { user: 'admin' })).status).toBe(status)
    expect((await ask(opencti, '/taxii2/root')).status).toBe(429)
  })

  it.each(['LOCK_ERROR', 'DATABASE_ERROR', 'COMPLEX_SEARCH_ERROR'] as const)(
    '%s in one field leaves the others',
    async (code) => {
      const opencti = await fake()
      opencti.setFault('graphql-error', { code, field: 'indicators' })
      const query = '{ about { version } indicators(first: 1) { edges { node { id } } } }'
      const told = await graphql(opencti, query)
      expect(told.data).toEqual({ about: { version: '6.7.11' }, indicators: null })
      expect(told.errors).toHaveLength(1)
      expect(codeIn(told)).toBe(code)
      expect(told.errors?.[0]?.path).toEqual(['indicators'])
    },
  )

  it('goes away and comes back on its port', async () => {
    const opencti = await fake()
    const { url } = opencti
    await opencti.stop()
    await expect(ask(opencti, '/graphql', ABOUT)).rejects.toThrow('ECONNREFUSED')
    await opencti.start()
    expect(opencti.url).toBe(url)
    expect((await ask(opencti, '/graphql', ABOUT)).status).toBe(200)
  })

  it('speaks TLS', async () => {
    const opencti = await fake({ tls: { key: file('self-signed-key.pem'), cert: file('self-signed.pem') } })
    expect(opencti.url).toMatch(/^https:/)
    const dispatcher = new Agent({ connect: { ca: file('self-signed.pem') } })
    expect((await ask(opencti, '/graphql', ABOUT, { dispatcher })).status).toBe(200)
    await dispatcher.close()
    await expect(ask(opencti, '/graphql', ABOUT)).rejects.toThrow('certificate')
  })
})
