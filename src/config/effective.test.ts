import { inspect } from 'node:util'
import { describe, expect, it } from 'vitest'
import { renderEffective } from './effective.ts'
import { loadConfig } from './load.ts'
import type { Environment } from './read-environment.ts'

const YAML = `stateDir: "/srv/a: b # c"
shutdownDeadline: 1500ms
extract:
  fields:
    data.my app.client: ip
sources:
  main:
    type: wazuh-file
    files: [/a.json, "/b c.json"]
    pollInterval: 900ms
policy:
  allow: {domains: ["example.org"]}
providers:
  on: {type: feed, feeds: [{path: "- x", delimiter: "\\t", columns: {value: "yes"}, tags: ["a:b", "1"]}], maxFileBytes: 3MiB}
  m:
    type: misp
    url: https://user:PLANTED1@misp.example.org/
    apiKey: PLANTED2
  n: {type: misp, url: https://misp.example.org, apiKeyFile: /run/key}
sinks: {1: {type: stdout}}
`

function load(yaml: string, env: Environment = {}) {
  return loadConfig({
    file: 't.yaml',
    env,
    readFile: (path) => Promise.resolve(path === 't.yaml' ? yaml : 'PLANTED3\n'),
  })
}

describe('the effective configuration', () => {
  it('says where each value that is not a default came from', async () => {
    const text = renderEffective(await load(YAML, { ALERTS_FILE: '/env', TRIPLINE_LOG_LEVEL: 'debug' }))
    for (const line of [
      '  level: debug # TRIPLINE_LOG_LEVEL',
      '  format: auto',
      'shutdownDeadline: 1500ms # t.yaml:2',
      '    files: # ALERTS_FILE',
      '    pollInterval: 900ms # t.yaml:10',
      '    domains: # t.yaml:12',
      '    maxFileBytes: 3MiB # t.yaml:14',
      '    apiKey: "[REDACTED]" # t.yaml:18',
      '    apiKey: "[REDACTED]" # t.yaml:19',
      '  matchWindow: 10m',
    ])
      expect(text.split('\n')).toContain(line)
  })

  it('loads again and is then the same, secrets and user information of URLs aside', async () => {
    const { config } = await load(YAML)
    const again = await load(renderEffective(await load(YAML)))
    expect({ ...again.config, providers: { on: again.config.providers['on'] } }).toEqual({
      ...config,
      providers: { on: config.providers['on'] },
    })
    expect(again.config.providers['m']).toMatchObject({ type: 'misp', cacheTtl: 86_400_000 })
  })

  it('begins with the warnings', async () => {
    const text = renderEffective(await load(YAML, { REDIS_PORT: '1' }))
    expect(text).toMatch(/^# warning: REDIS_PORT: no effect.*\nstateDir/)
  })
})

it('no planted secret is in any dump of the configuration', async () => {
  const loaded = await load(YAML, { TRIPLINE_LOG_LEVEL: 'debug' })
  const provider = loaded.config.providers['m']
  const withoutUrl = {
    ...loaded.config,
    providers: { ...loaded.config.providers, m: { ...provider, url: '' } },
  }
  const dumps = [
    renderEffective(loaded),
    JSON.stringify(withoutUrl),
    inspect(withoutUrl, { depth: 20, showHidden: true }),
    JSON.stringify(loaded.warnings),
  ]
  for (const dump of dumps) expect(dump).not.toMatch(/PLANTED\d/)
})

it('no planted secret is in the problems of a configuration with all of its lines wrong', async () => {
  const yaml = `providers:
  m: {type: misp, url: "https://u:PLANTED1@", apikey: PLANTED2, apiKey: [PLANTED3], apiKeyFile: 3, cacheTtl: 1}
  n:
    type: misp
    url: x://u:PLANTED4@misp
    apiKey:
      key: PLANTED5
    authToken: PLANTED6
    password: |
      PLANTED7
      PLANTED8
  o: apiKey=PLANTED9
`
  const error: unknown = await load(yaml).catch((reason: unknown) => reason)
  expect(String(error)).toContain('unknown key `apikey`')
  expect(String(error)).toContain('unknown key `password`')
  expect(inspect(error, { depth: 20 })).not.toMatch(/PLANTED\d/)
})
