import { join } from 'node:path'
import { expect, it } from 'vitest'
import { httpConfig } from '../../sources/http/config.ts'
import { checkHttp } from './http.ts'

const TLS = join(import.meta.dirname, '../../../test/fixtures/tls')
const check = (settings: object) =>
  checkHttp('sources.in', httpConfig.parse({ type: 'http', token: 'x', ...settings }))

it.each(['127.0.0.1', '127.1.2.3', '::1', 'localhost'])('is fine without TLS on %s', async (host) => {
  expect(await check({ host })).toMatchObject({ level: 'ok' })
})

it.each(['0.0.0.0', '::', '192.0.2.1', 'localhost.example.net'])(
  'is warned of without TLS on %s',
  async (host) => {
    expect(await check({ host })).toMatchObject({
      level: 'warning',
      hint: expect.stringContaining('tls') as string,
    })
  },
)

it('is fine with a certificate and its key, and an error without', async () => {
  const certFile = join(TLS, 'server.pem')
  expect(await check({ host: '::', tls: { certFile, keyFile: join(TLS, 'server-key.pem') } })).toMatchObject({
    level: 'ok',
  })
  expect(await check({ host: '::', tls: { certFile, keyFile: join(TLS, 'absent.pem') } })).toMatchObject({
    level: 'error',
    text: expect.stringContaining('sources.in.tls.keyFile') as string,
  })
})
