import { expect, it, onTestFinished } from 'vitest'
import { get, statusUrl } from '../support/status.ts'
import { query, stop, useWorkspace } from './workspace.ts'

const workspace = useWorkspace()

async function served() {
  workspace.file('bad.txt', 'evil.example.com\n')
  workspace.config({ http: { port: 0 } })
  const writer = workspace.alerts()
  const daemon = workspace.start()
  const url = await statusUrl(daemon)
  await daemon.logged('Tripline is running')
  return { writer, daemon, url }
}

/** The events of the live stream, as they come. */
async function live(url: string) {
  const gone = new AbortController()
  onTestFinished(() => gone.abort())
  const response = await fetch(`${url}/api/live`, { signal: gone.signal })
  const events: string[] = []
  let isOver = false
  void (async () => {
    for await (const chunk of response.body ?? []) events.push(Buffer.from(chunk).toString())
    isOver = true
  })().catch(() => undefined)
  return { text: () => events.join(''), isOver: () => isOver, leave: () => gone.abort() }
}

async function lookUp(url: string, body: string) {
  const headers = { 'content-type': 'application/json' }
  const response = await fetch(`${url}/api/look-up`, { method: 'POST', headers, body })
  return { status: response.status, answer: await response.json() }
}

it('is small, whole, and asks nobody else', async () => {
  const { url } = await served()
  const page = await fetch(url)
  const html = await page.text()
  const policy = page.headers.get('content-security-policy') ?? ''
  expect(policy).toContain("default-src 'none'")
  expect(policy).not.toMatch(/unsafe|http|\*/)
  const linked = [...html.matchAll(/(?:src|href)="([\w.-]+)"/g)].map(([, name = '']) => name)
  const todo = linked.filter((name) => name !== 'metrics' && name !== 'readyz')
  const sizes = new Map([['', html.length]])
  for (let name = todo.pop(); name !== undefined; name = todo.pop()) {
    if (sizes.has(name)) continue
    const { status, body } = await get(`${url}/${name}`)
    expect([name, status]).toEqual([name, 200])
    sizes.set(name, body.length)
    todo.push(...[...body.matchAll(/from '\.\/([\w.-]+)'/g)].map(([, imported = '']) => imported))
    expect(body).not.toMatch(/innerHTML|outerHTML|insertAdjacentHTML|document\.write/)
  }
  expect(sizes.size).toBeGreaterThan(12)
  expect([...sizes.values()].reduce((sum, size) => sum + size, 0)).toBeLessThan(150_000)
  const { headers } = await fetch(`${url}/main.js`)
  const again = await fetch(`${url}/main.js`, { headers: { 'if-none-match': headers.get('etag') ?? '' } })
  expect(again.status).toBe(304)
  expect((await get(`${url}/..%2f..%2fcli.js`)).status).toBe(404)
})

it('is told of matches as they come, gives their records, and keeps no stop waiting', async () => {
  const { writer, daemon, url } = await served()
  const stream = await live(url)
  await expect.poll(stream.text).toContain('event: hello\n')
  writer.line(query(1, 'evil.example.com'))
  writer.flush()
  await expect.poll(stream.text).toContain('event: matches\ndata: [{"key":1,')
  const { body } = await get(`${url}/api/matches/1`)
  expect(JSON.parse(body)).toMatchObject({
    schema: 'tripline.match/1',
    full_alert: { id: expect.any(String) as string },
  })
  expect((await get(`${url}/api/matches/2`)).status).toBe(404)
  await stop(daemon)
  await expect.poll(stream.isOver).toBe(true)
})

it('is for few readers at a time', async () => {
  const { url } = await served()
  const streams = []
  for (let i = 0; i < 16; i++) streams.push(await live(url))
  for (const { text } of streams) await expect.poll(text).toContain('event: hello\n')
  const further = await live(url)
  await expect.poll(further.text).toContain('event: full\n')
  streams[0]?.leave()
  await expect
    .poll(async () => {
      const next = await live(url)
      await expect.poll(next.text).toMatch(/event: \w+/)
      return next.text()
    })
    .toContain('event: hello\n')
})

it('looks up what is a value, and says what is none', async () => {
  const { url } = await served()
  expect(await lookUp(url, '{"value":"hxxp://evil[.]example[.]com/a"}')).toMatchObject({
    status: 200,
    answer: [
      { type: 'url', providers: [{ provider: 'feeds', verdict: 'hit', indicators: [{ kind: 'url-host' }] }] },
    ],
  })
  expect(await lookUp(url, '{"value":"10.0.0.1"}')).toMatchObject({
    answer: [{ excluded: 'private', providers: [{ verdict: 'not-asked', reason: 'private' }] }],
  })
  expect(await lookUp(url, '{"value":"no value"}')).toEqual({ status: 200, answer: [] })
  expect(await lookUp(url, '{"value":"203.0.113.0/24"}')).toEqual({ status: 200, answer: [] })
  for (const body of [
    '{}',
    '[]',
    '{"value":7}',
    '{"value":" "}',
    'null',
    `{"value":"${'x'.repeat(3000)}"}`,
    '{',
  ])
    expect([body.slice(0, 20), (await lookUp(url, body)).status]).toEqual([body.slice(0, 20), 400])
  expect((await lookUp(url, `{"value":"${'x'.repeat(20_000)}"}`)).status).toBe(413)
})

it('shows no secret, wherever one may look', async () => {
  const key = 'planted-key-of-the-provider-0123456789'
  workspace.config({
    http: { port: 0 },
    providers: {
      // Nothing listens on port 1; user information in a URL is a secret, too.
      misp: {
        type: 'misp',
        url: 'http://planted-user:planted-word@127.0.0.1:1/',
        apiKey: key,
        retries: 0,
        breakerThreshold: 1,
        warningLists: false,
      },
    },
  })
  const daemon = workspace.start()
  const url = await statusUrl(daemon)
  await daemon.logged('Tripline is running')
  const asked = await lookUp(url, '{"value":"evil.example.com"}')
  expect(asked).toMatchObject({ answer: [{ providers: [{ verdict: 'unanswered' }] }] })
  const stream = await live(url)
  await expect.poll(stream.text).toContain('event: hello\n')
  const texts = await Promise.all(
    ['metrics', 'readyz', 'healthz', 'nothing'].map(async (path) => (await get(`${url}/${path}`)).body),
  )
  const all = [...texts, stream.text(), JSON.stringify(asked), daemon.stderr()].join('\n')
  expect(all).toContain('PROVIDER_UNREACHABLE')
  for (const secret of [key, 'planted-user', 'planted-word']) expect(all).not.toContain(secret)
})
