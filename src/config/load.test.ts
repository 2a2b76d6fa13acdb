import { describe, expect, it } from 'vitest'
import { AppError } from '../core/errors.ts'
import { Secret } from '../core/secret.ts'
import type { ReadFile } from './files.ts'
import { loadConfig, type LoadedConfig } from './load.ts'
import type { Environment } from './read-environment.ts'

/** A file system of these files only. */
function files(contents: Readonly<Record<string, string>>): ReadFile {
  return async (path) => {
    const text = contents[path]
    if (text === undefined) throw new Error(`ENOENT: no such file or directory, open '${path}'`)
    return text
  }
}

/** The asymmetric matchers of vitest are of type any. */
const containing = (text: string): unknown => expect.stringContaining(text)
const like = (fields: object): unknown => expect.objectContaining(fields)

const SECRETS = { '/run/key': 'FROMFILE\n', '/run/empty': ' \n' }

function load(yaml: string | undefined, env: Environment = {}): Promise<LoadedConfig> {
  const readFile = files({ ...SECRETS, ...(yaml === undefined ? {} : { 't.yaml': yaml }) })
  return loadConfig({ ...(yaml === undefined ? {} : { file: 't.yaml' }), env, readFile })
}

async function refusal(yaml: string | undefined, env: Environment = {}): Promise<AppError> {
  const error: unknown = await load(yaml, env).then(
    () => undefined,
    (reason: unknown) => reason,
  )
  expect(error).toBeInstanceOf(AppError)
  return error as AppError
}

const MISP = { MISP_URL: 'https://misp.example.org', MISP_API_KEY: 'KEY' }

describe('without anything given', () => {
  it('has a source, the feed provider, two sinks and LMDB', async () => {
    const { config, warnings } = await load(undefined)
    expect(config.sources['wazuh']).toMatchObject({
      type: 'wazuh-file',
      files: ['/var/ossec/logs/alerts/alerts.json'],
      pollInterval: 250,
    })
    expect(config.providers).toEqual({ feeds: like({ type: 'feed', feeds: [] }) })
    expect(Object.keys(config.sinks)).toEqual(['matches', 'parsed'])
    expect(config).toMatchObject({
      store: { type: 'lmdb' },
      stateDir: '/var/lib/tripline',
      shutdownDeadline: 10_000,
      log: { level: 'info', format: 'auto' },
      suppress: { matchWindow: 600_000, alertWindow: 1_800_000 },
    })
    expect(warnings).toEqual([])
  })

  it.each(['# comments alone\n', 'sources:\nlog:\n', '{}'])('is as without a file: %j', async (yaml) => {
    expect((await load(yaml)).config).toEqual((await load(undefined)).config)
  })
})

describe('precedence', () => {
  const yaml =
    'suppress: {matchWindow: 1h, alertWindow: 2h}\nsources:\n  main: {type: wazuh-file, files: [/yaml], startAt: end}\n'

  it('takes the file over the defaults', async () => {
    const { config, originOf } = await load(yaml)
    expect(config.suppress).toMatchObject({ matchWindow: 3_600_000, alertWindow: 7_200_000 })
    expect(config.sources['main']).toMatchObject({ files: ['/yaml'] })
    expect(originOf(['suppress', 'matchWindow'])).toBe('t.yaml:1')
    expect(originOf(['stateDir'])).toBeUndefined()
  })

  it('takes the environment over the file, setting by setting', async () => {
    const { config, originOf } = await load(yaml, { SUPPRESSION_WINDOW_MINUTES: '1.5', ALERTS_FILE: '/env' })
    expect(config.suppress).toMatchObject({ matchWindow: 90_000, alertWindow: 7_200_000 })
    expect(config.sources['main']).toMatchObject({ files: ['/env'], startAt: 'end' })
    expect(originOf(['suppress', 'matchWindow'])).toBe('SUPPRESSION_WINDOW_MINUTES')
    expect(originOf(['sources', 'main', 'startAt'])).toBe('t.yaml:3')
  })

  it('takes the file of the command line over TRIPLINE_CONFIG', async () => {
    const readFile = files({ a: 'stateDir: /a', b: 'stateDir: /b' })
    const env = { TRIPLINE_CONFIG: 'b' }
    expect((await loadConfig({ file: 'a', env, readFile })).config.stateDir).toBe('/a')
    expect((await loadConfig({ env, readFile })).config.stateDir).toBe('/b')
  })

  it('takes an empty variable for one that is not set', async () => {
    const env = { ALERTS_FILE: '', MISP_URL: ' ', TRIPLINE_CONFIG: '', MISP_API_KEY_FILE: '' }
    expect((await load(undefined, env)).config).toEqual((await load(undefined)).config)
  })
})

describe('variables', () => {
  it('ALERTS_FILES wins over ALERTS_FILE, and says so', async () => {
    const { config, warnings } = await load(undefined, { ALERTS_FILE: '/c', ALERTS_FILES: '/a , /b,' })
    expect(config.sources['wazuh']).toMatchObject({ files: ['/a', '/b'] })
    expect(warnings).toEqual([{ setting: 'ALERTS_FILE', message: containing('ALERTS_FILES') }])
  })

  it('LOG_ROTATION_* apply to both files, or to the only one', async () => {
    const env = { LOG_ROTATION_SIZE_MB: '2', LOG_ROTATION_BACKUP_COUNT: '7' }
    const { config } = await load(undefined, env)
    for (const sink of Object.values(config.sinks))
      expect(sink).toMatchObject({ maxSize: 2_097_152, backups: 7 })
    const one = await load('sinks: {only: {type: parsed-log}}', env)
    expect(one.config.sinks).toEqual({ only: like({ maxSize: 2_097_152 }) })
  })

  it('MISP_URL makes a provider beside the feeds', async () => {
    const { config, warnings } = await load(undefined, {
      ...MISP,
      MISP_URL: 'https://misp.example.org/misp/attributes/restSearch/',
      MISP_SSL_VERIFY: 'False',
      RATE_LIMIT_SECONDS: '0.01',
      CACHE_TTL_HOURS: '48',
    })
    expect(Object.keys(config.providers)).toEqual(['feeds', 'misp'])
    expect(config.providers['misp']).toMatchObject({
      url: 'https://misp.example.org/misp',
      tlsVerify: false,
      rateLimit: 10,
      cacheTtl: 172_800_000,
    })
    expect(warnings).toEqual([])
  })

  it('MISP settings without MISP_URL make no provider, and one warning says so', async () => {
    const { config, warnings } = await load(undefined, { MISP_API_KEY: 'KEY', BURST_LIMIT: '5' })
    expect(Object.keys(config.providers)).toEqual(['feeds'])
    expect(warnings).toEqual([{ setting: 'MISP_API_KEY, BURST_LIMIT', message: containing('MISP_URL') }])
  })

  it('the limits of custom-opencti need a sink for Wazuh, and a warning says so', async () => {
    const env = { MAX_IND_ALERTS: '5', MAX_OBS_ALERTS: '2' }
    const idle = await load(undefined, env)
    const setting = 'MAX_IND_ALERTS, MAX_OBS_ALERTS'
    expect(idle.warnings).toEqual([{ setting, message: containing('wazuh-log') }])
    const { config, warnings } = await load('sinks: { wazuh: { type: wazuh-log } }', env)
    expect(config.sinks).toMatchObject({ wazuh: { maxIndicatorEvents: 5, maxObservableEvents: 2 } })
    expect(warnings).toEqual([])
  })

  it('REDIS_HOST chooses the store that nodes share', async () => {
    const { config, warnings } = await load(undefined, { REDIS_HOST: 'redis', REDIS_RETRY_DELAY: '2.0' })
    expect(config.store).toMatchObject({ type: 'redis', host: 'redis', retryDelay: 2000 })
    expect(warnings).toEqual([])
  })

  it('REDIS_HOST leaves a store that the file chose, and a warning says so', async () => {
    const { config, warnings } = await load('store: {type: memory}', { REDIS_HOST: 'r', REDIS_DB: '1' })
    expect(config.store.type).toBe('memory')
    expect(warnings).toMatchObject([{ setting: 'REDIS_HOST, REDIS_DB' }])
  })

  it('TRIPLINE_FEEDS gives feeds to the only provider of its type, or makes one', async () => {
    const env = { TRIPLINE_FEEDS: '/f1,/f2' }
    const paths = {
      feeds: [like({ path: '/f1' }), like({ path: '/f2' })],
    }
    expect((await load(undefined, env)).config.providers['feeds']).toMatchObject(paths)
    expect((await load('providers: {own: {type: feed}}', env)).config.providers).toMatchObject({ own: paths })
    expect((await load('providers: {}', env)).config.providers).toMatchObject({ feeds: paths })
  })

  it('TRIPLINE_ALLOW is sorted by form', async () => {
    const hash = 'a'.repeat(64)
    const { config } = await load(undefined, {
      TRIPLINE_ALLOW: `203.0.113.7,10.0.0.0/8, 2001:db8::/32,::1,example.org,https://a.example/24,a@b.example,${hash}`,
    })
    expect(config.policy.allow).toEqual({
      values: ['203.0.113.7', '::1', 'https://a.example/24', 'a@b.example', hash],
      networks: ['10.0.0.0/8', '2001:db8::/32'],
      domains: ['example.org'],
    })
  })

  it.each([
    'TRIPLINE_SERVICE_HOST',
    'TRIPLINE_PORT',
    'TRIPLINE_PORT_9090_TCP_ADDR',
    'TRIPLINE_WEB_SERVICE_PORT_HTTP',
  ])('%s of a container platform is none of ours', async (name) => {
    await expect(load(undefined, { [name]: 'tcp://10.0.0.1:9090' })).resolves.toBeDefined()
  })
})

describe('wrong variables', () => {
  it.each<[Environment, ...string[]]>([
    [{ SUPPRESSION_WINDOW_MINUTES: 'ten' }, 'SUPPRESSION_WINDOW_MINUTES: got "ten"', 'a number of minutes'],
    [{ SUPPRESSION_WINDOW_MINUTES: '-1' }, 'got "-1"', '0 or more'],
    [{ LOG_ROTATION_BACKUP_COUNT: '1.5' }, 'LOG_ROTATION_BACKUP_COUNT: got "1.5"', 'a whole number'],
    [{ LOG_ROTATION_BACKUP_COUNT: '5000' }, 'got "5000"', 'from 0 to 1000'],
    [{ LOG_ROTATION_SIZE_MB: '0' }, 'LOG_ROTATION_SIZE_MB: got "0"', 'from 1KiB'],
    [{ ...MISP, MISP_SSL_VERIFY: 'nope' }, 'MISP_SSL_VERIFY: got "nope"', 'true or false'],
    [{ MISP_SSL_VERIFY: 'nope' }, 'MISP_SSL_VERIFY: got "nope"'],
    [{ ...MISP, MISP_URL: 'misp' }, 'MISP_URL: got "misp"', 'an http or https URL'],
    [
      { MISP_URL: 'https://m.example' },
      'providers.misp: `apiKey`',
      'MISP_API_KEY_FILE',
      'is missing',
      'made by MISP_URL',
    ],
    [{ ...MISP, CACHE_TTL_HOURS: '99999999' }, 'CACHE_TTL_HOURS: got "99999999"', 'to 365d'],
    [{ REDIS_HOST: 'r', REDIS_PORT: '70000' }, 'REDIS_PORT: got "70000"', 'from 1 to 65535'],
    [
      { TRIPLINE_LOG_LEVEL: 'wran' },
      'TRIPLINE_LOG_LEVEL: got "wran"',
      'trace, debug, info',
      'did you mean warn?',
    ],
    [{ TRIPLINE_START_AT: 'start' }, 'TRIPLINE_START_AT: got "start"', 'checkpoint, beginning, end'],
    [{ TRIPLINE_SHUTDOWN_DEADLINE: '10' }, 'got "10"', 'a duration with a unit'],
    [{ TRIPLINE_SHUTDOWN_DEADLINE: '30d' }, 'got "30d"', 'to 1h'],
    [{ TRIPLINE_ALLOW: '10.0.0.0/40' }, 'TRIPLINE_ALLOW: got "10.0.0.0/40"', 'networks'],
    [{ TRIPLINE_STATEDIR: '/x' }, 'TRIPLINE_STATEDIR: unknown', 'did you mean TRIPLINE_STATE_DIR?'],
    [{ TRIPLINE_NONSENSE: '/x' }, 'TRIPLINE_NONSENSE: unknown', 'known are: TRIPLINE_CONFIG'],
    [{ ALERTS_FILES: ' , ' }, 'ALERTS_FILES: got ","', 'separated by commas'],
  ])('%j', async (env, ...parts) => {
    const error = await refusal(undefined, env)
    expect(error.code).toBe('CONFIG_INVALID')
    for (const part of parts) expect(error.message).toContain(part)
  })

  it.each<[string, Environment, string]>([
    [
      'sources: {a: {type: wazuh-file}, b: {type: wazuh-file}}',
      { ALERTS_FILE: '/x' },
      'several are of type wazuh-file (sources.a, sources.b)',
    ],
    ['sinks: {a: {type: stdout}}', { LOG_FILE_MATCHED: '/x' }, 'nothing of type match-log in `sinks`'],
    [
      'sinks: {a: {type: match-log}, b: {type: match-log, path: /b}, c: {type: parsed-log}}',
      { LOG_ROTATION_SIZE_MB: '1' },
      'several are of type match-log',
    ],
    ['providers: {misp: {type: feed}}', MISP, '`providers.misp` is taken'],
  ])('%s does not fit %j', async (yaml, env, part) => {
    expect((await refusal(yaml, env)).message).toContain(part)
  })

  it('are all reported at once, with what is wrong in the file', async () => {
    const error = await refusal('stateDr: /x', { BURST_LIMIT: 'x', TRIPLINE_LOG_FORMAT: 'xml' })
    for (const part of ['BURST_LIMIT', 'TRIPLINE_LOG_FORMAT', 't.yaml:1:1: unknown key'])
      expect(error.message).toContain(part)
  })
})

describe('wrong files', () => {
  it.each<[string, ...string[]]>([
    [
      'state_dir: /x',
      't.yaml:1:1: unknown key `state_dir`; did you mean `stateDir`?',
      '  1 | state_dir: /x\n    | ^^^^^^^^^',
    ],
    [
      'sources:\n  w:\n    type: wazuh-file\n    file: /a',
      't.yaml:4:5: unknown key `file` in sources.w; did you mean `files`?',
      '^^^^',
    ],
    ['log: {colour: 1}', 't.yaml:1:7: unknown key `colour` in log; known are: level, format'],
    ['log: {level: loud}', 't.yaml:1:14: log.level: got "loud"; expected one of trace'],
    ['sources: {w: {type: wazuh-file, startAt: begining}}', 'did you mean beginning?'],
    ['sources: {w: {type: wazuh}}', 't.yaml:1:21: sources.w: unknown type "wazuh"; one of wazuh-file'],
    [
      'sinks: {w: {type: match_log}}',
      'one of match-log, parsed-log, stdout, wazuh-log, wazuh-queue; did you mean match-log?',
    ],
    [
      'sinks: {w: {path: /x}}',
      't.yaml:1:9: sinks.w: `type` is missing; one of match-log, parsed-log, stdout',
    ],
    ['store: {type: sqlite}', 'store: unknown type "sqlite"; one of lmdb, memory, redis'],
    ['providers: {w: 3}', 't.yaml:1:16: providers.w: got the number 3; expected a mapping'],
    ['providers: [a]', 'providers: got a list; expected a mapping'],
    ['sources: {Bad Id: {type: wazuh-file}}', 't.yaml:1:11: sources.Bad Id: an id is 1 to 63 lower-case'],
    ['sources: {-a: {type: wazuh-file}}', 'an id is'],
    [
      'suppress: {matchWindow: 10}',
      'suppress.matchWindow: got the number 10; expected a duration with a unit (250ms',
    ],
    ['suppress: {matchWindow: 10 minutes}', 'got "10 minutes"', 'a duration with a unit'],
    ['sources: {w: {type: wazuh-file, pollInterval: 1ms}}', 'got "1ms"', 'from 10ms to 1s'],
    [
      'sources: {w: {type: wazuh-file, maxLineBytes: 1PiB}}',
      'a size with a unit (64KiB, 8MiB, 1GiB) from 1KiB to 256MiB',
    ],
    [
      'sources: {w: {type: wazuh-file, batchAlerts: 0}}',
      'got the number 0; expected a whole number from 1 to 10000',
    ],
    ['sources: {w: {type: wazuh-file, batchAlerts: 1.5}}', 'got the number 1.5; expected a whole number'],
    ['sources: {w: {type: wazuh-file, files: /a}}', 'files: got "/a"; expected a list of texts'],
    ['sources: {w: {type: wazuh-file, files: []}}', 'files: got a list'],
    ['policy: {requireDetection: yes}', 'got "yes"; expected true or false'],
    ['policy: {minScore: 101}', 'a number from 0 to 100'],
    [
      'policy: {allow: {networks: [10.0.0.0/8, 10.0.0.0/33]}}',
      't.yaml:1:41: policy.allow.networks[1]: got "10.0.0.0/33"; expected a network',
    ],
    ['policy: {allow: {domains: [10.0.0.1]}}', 'expected a domain name'],
    [
      'policy: {lookUpSpecial: [documentatio]}',
      'lookUpSpecial[0]: got "documentatio"',
      'did you mean documentation?',
    ],
    ['extract: {fields: {data.x: adress}}', 'got "adress"; expected one of ip, domain'],
    [
      'providers: {f: {type: feed, feeds: [{name: x}]}}',
      'providers.f.feeds[0]: `path` is missing: A file or a folder',
    ],
    [
      'providers: {m: {type: misp, url: https://x.example}}',
      'providers.m: `apiKey` (or `apiKeyFile`, MISP_API_KEY, MISP_API_KEY_FILE) is missing',
    ],
    [
      'providers: {m: {type: misp, apiKey: PLANTED, apiKeyFile: /run/key, url: https://x.example}}',
      'give `apiKey` or `apiKeyFile`, not both',
    ],
    ['', 'is empty'],
    [' \n\n', 'is empty'],
    ['sources: {}', '`sources` is empty'],
    ['sinks: {}', '`sinks` is empty'],
    [
      'sinks: {a: {type: match-log}, b: {type: parsed-log, path: /var/log/misp-processor/ioc-matched.log}}',
      'sinks.b and sinks.a write the same file',
    ],
    [
      'sources: {w: {type: wazuh-file, files: [/var/log/a.json]}}\nsinks: {a: {type: match-log, path: /var/log/./a.json}}',
      'sinks.a writes into the file that sources.w follows',
    ],
    [
      'sinks: {a: {type: match-log, path: /var/ossec/logs/alerts/alerts.json}}',
      'sinks.a writes into the file that sources.wazuh follows',
    ],
    ['- a', 'must be a mapping'],
  ])('%s', async (yaml, ...parts) => {
    const error = await refusal(yaml)
    expect(error.code).toBe('CONFIG_INVALID')
    for (const part of parts) expect(error.message).toContain(part)
    expect(error.message).not.toContain('PLANTED')
  })

  it('with many problems show the first twenty', async () => {
    const yaml = Array.from({ length: 50 }, (_, n) => `unknown${n}x: 1`).join('\n')
    expect((await refusal(yaml)).message).toContain('… and more')
  })

  it('that cannot be read are named', async () => {
    const error = await refusal(undefined, { TRIPLINE_CONFIG: '/nowhere.yaml' })
    expect(error.code).toBe('CONFIG_UNREADABLE')
    expect(error.message).toMatch(/TRIPLINE_CONFIG: .*\/nowhere\.yaml.*ENOENT/)
  })
})

function keyOf({ config }: LoadedConfig, id: string): string {
  const provider = config.providers[id]
  const key = provider?.type === 'misp' ? provider.apiKey : undefined
  return key instanceof Secret ? key.reveal() : ''
}

describe('secrets', () => {
  const yaml = 'providers: {m: {type: misp, url: https://x.example, apiKeyFile: /run/key}}'

  it('come from the environment, from a file, or from the file that the configuration names', async () => {
    const url = { MISP_URL: 'https://x.example' }
    expect(keyOf(await load(undefined, { ...url, MISP_API_KEY: ' KEY ' }), 'misp')).toBe('KEY')
    expect(keyOf(await load(undefined, { ...url, MISP_API_KEY_FILE: '/run/key' }), 'misp')).toBe('FROMFILE')
    expect(keyOf(await load(yaml), 'm')).toBe('FROMFILE')
  })

  it('of the environment win over those of the file', async () => {
    expect(keyOf(await load(yaml, { MISP_API_KEY: 'KEY' }), 'm')).toBe('KEY')
  })

  it.each<[string | undefined, Environment, ...string[]]>([
    [
      undefined,
      { MISP_URL: 'https://x.example', MISP_API_KEY_FILE: '/nope' },
      'MISP_API_KEY_FILE: ',
      '/nope',
      'ENOENT',
    ],
    [undefined, { MISP_URL: 'https://x.example', MISP_API_KEY_FILE: '/run/empty' }, '/run/empty', 'is empty'],
    [yaml.replace('/run/key', '/nope'), {}, 't.yaml:1:53: providers.m.apiKeyFile', '/nope'],
  ])('that cannot be read have a code of their own: %s %j', async (text, env, ...parts) => {
    const error = await refusal(text, env)
    for (const part of parts) expect(error.message).toContain(part)
    expect(error.code).toBe('SECRET_UNREADABLE')
  })

  it('given twice are refused', async () => {
    const error = await refusal(undefined, { ...MISP, MISP_API_KEY_FILE: '/run/key' })
    expect(error.message).toContain('MISP_API_KEY and MISP_API_KEY_FILE are both set')
  })
})
