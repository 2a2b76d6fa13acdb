import { expect, it } from 'vitest'
import { loadConfig } from '../../config/load.ts'

function load(source: string) {
  return loadConfig({
    file: 'tripline.yaml',
    env: {},
    readFile: (path) =>
      Promise.resolve(path === 'tripline.yaml' ? `sources:\n  in: ${source}\n` : ' secret\n'),
  })
}

it('needs a token, wherever it listens', async () => {
  for (const host of ['127.0.0.1', '0.0.0.0'])
    await expect(load(`{ type: http, host: ${host} }`)).rejects.toMatchObject({
      code: 'CONFIG_INVALID',
      message: expect.stringMatching(
        /tripline\.yaml:2:\d+: sources\.in: `token` \(or `tokenFile`\) is missing/,
      ) as string,
    })
})

it('listens on loopback, with a token from a file, unless told otherwise', async () => {
  const { config } = await load('{ type: http, tokenFile: /run/secrets/token }')
  const source = config.sources['in']
  expect(source).toMatchObject({ type: 'http', host: '127.0.0.1', port: 8480 })
  expect(source?.type === 'http' && source.token.reveal()).toBe('secret')
  expect(JSON.stringify(config)).not.toContain('secret"')
})

it.each(['maxBodyBytes: 1GiB', 'headerTimeout: 1ms', 'port: 70000', 'tls: { certFile: x }', 'path: /here'])(
  'refuses %s',
  async (setting) => {
    await expect(load(`{ type: http, token: x, ${setting} }`)).rejects.toMatchObject({
      code: 'CONFIG_INVALID',
    })
  },
)
