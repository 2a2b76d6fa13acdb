import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { Agent, request } from 'undici'
import { afterEach, describe, expect, it } from 'vitest'
import { ask, search } from '../support/fake-misp/ask.ts'
import type { FakeMisp, FakeMispOptions } from '../support/fake-misp/fake-misp.ts'
import { startFakeMisp } from '../support/fake-misp/fake-misp.ts'
import type { KeyName } from '../support/fake-misp/types.ts'

const open: FakeMisp[] = []

afterEach(async () => {
  for (const misp of open.splice(0)) await misp.close()
})

async function fake(options: FakeMispOptions = {}): Promise<FakeMisp> {
  const misp = await startFakeMisp(options)
  open.push(misp)
  return misp
}

/** 8 rows. */
const EVENTS: FakeMispOptions = {
  events: [{ attributes: { count: 8, at: (index) => ({ type: 'ip-dst', value: `198.51.100.${index}` }) } }],
}

function tlsFile(name: string): string {
  return readFileSync(join(import.meta.dirname, '../fixtures/tls', name), 'utf8')
}

describe('who asks the fake MISP', () => {
  it.each<[key: KeyName, status: number, text: string]>([
    ['user', 200, '"version": "2.5.1"'],
    ['ro', 200, '"perm_sighting": false'],
    ['rokey', 200, '"perm_sighting": false'],
    ['expired', 403, 'Authentication failed. Please make sure'],
    ['noapi', 403, 'Authentication failed. Please make sure'],
    ['disabled', 403, 'Your user account has been disabled'],
    ['ipkey', 403, 'It is not possible to use this Auth key from your IP address'],
  ])('%s: %i', async (key, status, text) => {
    const told = await ask(await fake(), '/servers/getVersion', undefined, { key })
    expect(told.status).toBe(status)
    expect(told.text).toContain(text)
  })

  it('tells when the key ends', async () => {
    const told = await ask(await fake(), '/users/view/me', undefined, { key: 'expiring' })
    expect(told.headers['x-auth-key-expiration']).toBe('2030-01-01T00:00:00+00:00')
  })

  it('sends those without Accept to log in, but for the two big searches', async () => {
    const misp = await fake({ basePath: '/misp' })
    const headers = { accept: '*/*' }
    const redirected = await ask(misp, '/servers/getVersion', undefined, { headers })
    expect(redirected).toMatchObject({
      status: 302,
      text: '',
      headers: { location: `${misp.url}/users/login` },
    })
    expect((await ask(misp, '/sightings/add', { value: 'x.example' }, { headers })).status).toBe(302)
    expect((await ask(misp, '/attributes/restSearch', { value: 'x.example' }, { headers })).status).toBe(200)
  })

  it('counts the searches of a limited role, and nothing else', async () => {
    const misp = await fake()
    const filter = { value: 'x.example' }
    for (let n = 0; n < 20; n += 1) await ask(misp, '/attributes/restSearch', filter, { key: 'limited' })
    const over = await ask(misp, '/attributes/restSearch', filter, { key: 'limited' })
    expect(over).toMatchObject({
      status: 429,
      headers: { 'x-rate-limit-limit': '20', 'x-rate-limit-remaining': '0' },
    })
    expect(Number(over.headers['x-rate-limit-reset'])).toBeGreaterThan(880)
    expect((await ask(misp, '/servers/getVersion', undefined, { key: 'limited' })).status).toBe(200)
    expect((await ask(misp, '/attributes/restSearch', filter, { key: 'nosearch' })).status).toBe(405)
  })

  it('answers malformed JSON, unknown actions and unknown paths as MISP does', async () => {
    const misp = await fake()
    expect((await ask(misp, '/attributes/restSearch', '{"value": ')).status).toBe(405)
    expect((await ask(misp, '/attributes/noSuchAction')).status).toBe(403)
    expect((await ask(misp, '/nosuchthing')).status).toBe(404)
    expect((await ask(misp, '/attributes/restSearch')).status).toBe(400)
  })

  it('remembers each request with its key and answer', async () => {
    const misp = await fake()
    await ask(misp, '/attributes/restSearch', { value: 'x.example' }, { key: 'disabled' })
    expect(misp.requests).toMatchObject([
      {
        method: 'POST',
        path: '/attributes/restSearch',
        key: misp.keys.disabled,
        body: '{"value":"x.example"}',
        status: 403,
      },
    ])
    misp.clearRequests()
    expect(misp.requests).toEqual([])
  })

  it('speaks TLS', async () => {
    const misp = await fake({
      tls: { key: tlsFile('self-signed-key.pem'), cert: tlsFile('self-signed.pem') },
    })
    expect(misp.url).toMatch(/^https:/)
    const dispatcher = new Agent({ connect: { rejectUnauthorized: false } })
    expect((await ask(misp, '/servers/getVersion', undefined, { dispatcher })).status).toBe(200)
    await dispatcher.close()
  })
})

describe('a fault of the fake MISP', () => {
  it.each<[fault: Parameters<FakeMisp['setFault']>[0], status: number, text: RegExp]>([
    ['maintenance', 302, /^$/],
    ['database-down', 500, /An Internal Error Has Occurred/],
    ['html-200', 200, /<form action="\/users\/login"/],
    ['html-502', 502, /502 Bad Gateway/],
    ['rate-limit', 429, /Rate limit exceeded/],
    ['truncated-json', 200, /^\{\n {4}"version"[^}]*$/],
    ['slow-drip', 200, /"version"/],
    ['slow-first-byte', 200, /"version"/],
  ])('%s answers %i', async (fault, status, text) => {
    const misp = await fake()
    misp.setFault(fault, { times: 1, ms: 0 })
    const told = await ask(misp, '/servers/getVersion')
    expect(told.status).toBe(status)
    expect(told.text).toMatch(text)
    expect((await ask(misp, '/servers/getVersion')).text).toContain('"version"')
  })

  it('reset destroys the socket', async () => {
    const misp = await fake()
    misp.setFault('reset', { path: /getVersion/ })
    await expect(ask(misp, '/servers/getVersion')).rejects.toThrow(/other side closed|ECONNRESET|socket/i)
    expect((await ask(misp, '/users/heartbeat')).status).toBe(200)
  })

  it('hang never answers', async () => {
    const misp = await fake()
    misp.setFault('hang')
    const answer = request(`${misp.url}/users/heartbeat`, { headersTimeout: 50 })
    await expect(answer).rejects.toThrow(/Headers Timeout/)
    expect(misp.requests).toEqual([expect.not.objectContaining({ status: 200 })])
  })

  it('huge-answer has no end', async () => {
    const misp = await fake(EVENTS)
    misp.setFault('huge-answer')
    const answer = await request(`${misp.url}/users/heartbeat`)
    let bytes = 0
    for await (const chunk of answer.body) {
      bytes += (chunk as Buffer).length
      if (bytes > 1 << 22) break
    }
    expect(bytes).toBeGreaterThan(1 << 22)
  })

  it('page-cap gives fewer rows than asked for, page by page all of them', async () => {
    const misp = await fake(EVENTS)
    misp.setFault('page-cap', { rows: 3 })
    const pages = [1, 2, 3].map(async (page) => (await search(misp, { limit: 100, page })).length)
    expect(await Promise.all(pages)).toEqual([3, 3, 2])
  })

  it('clock-skew moves the Date header', async () => {
    const misp = await fake()
    misp.setFault('clock-skew', { seconds: -86_400 })
    const { headers } = await ask(misp, '/users/heartbeat')
    expect(Date.now() - Date.parse(String(headers['date']))).toBeGreaterThan(86_000_000)
  })

  it('is an outage when the server stops, and ends on the same port', async () => {
    const misp = await fake()
    const { url } = misp
    await misp.stop()
    await expect(ask(misp, '/users/heartbeat')).rejects.toThrow(/ECONNREFUSED/)
    await misp.start()
    expect(misp.url).toBe(url)
    expect((await ask(misp, '/users/heartbeat')).status).toBe(200)
  })
})
