import { execFileSync, spawn, spawnSync } from 'node:child_process'
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { parse } from 'yaml'
import { loadConfig } from '../../src/config/load.ts'
import { settingsSchema } from '../../src/config/schema.ts'
import { parseDockerfile } from '../support/dockerfile.ts'

interface Mount {
  readonly type: string
  readonly source: string
  readonly target: string
  readonly read_only?: boolean
  readonly bind?: { readonly create_host_path?: boolean }
}

interface Service {
  readonly [key: string]: unknown
  readonly image: string
  readonly build?: { readonly context: string; readonly dockerfile: string }
  readonly command: readonly string[]
  readonly user?: string
  readonly ports?: readonly string[]
  readonly secrets?: readonly string[]
  readonly environment?: Readonly<Record<string, string>>
  readonly volumes?: readonly Mount[]
  readonly healthcheck?: { readonly test: readonly string[] }
}

interface Compose {
  readonly services: { readonly tripline: Service; readonly redis: Service }
  readonly secrets: Readonly<Record<string, { readonly file?: string }>>
  readonly volumes: Readonly<Record<string, unknown>>
  readonly networks: Readonly<Record<string, { readonly internal?: boolean } | null>>
}

const FILE = 'deploy/compose.yaml'
const TEXT = readFileSync(FILE, 'utf8')

function read(text = TEXT): Compose {
  return parse(text, { merge: true }) as Compose
}

/** Settings of every service, as they must be. */
const SETTINGS: Readonly<Record<string, unknown>> = {
  restart: 'always',
  read_only: true,
  cap_drop: ['ALL'],
  security_opt: ['no-new-privileges:true'],
  mem_limit: expect.stringMatching(/^\d+[mg]$/),
  cpus: expect.any(Number),
  pids_limit: expect.any(Number),
  tmpfs: expect.arrayContaining([expect.stringMatching(/^\/tmp:size=\d+m,.*noexec,nosuid,nodev/)]),
  logging: { driver: 'json-file', options: { 'max-size': '20m', 'max-file': '5' } },
}

/** What must not be, and where it is. */
const RULES: Readonly<Record<string, (service: Service, compose: Compose) => readonly unknown[]>> = {
  'no rights beyond its own': (service) =>
    ['privileged', 'cap_add', 'pid', 'ipc', 'network_mode', 'devices', 'env_file'].filter(
      (key) => key in service,
    ),
  'no root': ({ user = 'root' }) => (/^[1-9]\d*:[1-9]\d*$/.test(user) ? [] : [user]),
  'no secret in the environment, in arguments or in the image': ({
    environment = {},
    command,
    healthcheck,
  }) => [
    ...Object.entries(environment).filter(
      ([name, value]) => /key|token|secret|password/i.test(name) !== value.startsWith('/run/secrets/'),
    ),
    ...[...command, ...(healthcheck?.test ?? [])].filter((word) => /(--requirepass|-a) /.test(word)),
  ],
  'no port that others reach': ({ ports = [] }) => ports.filter((port) => !port.startsWith('127.0.0.1:')),
  'no image but those built here or named by digest': ({ image, build }) =>
    build !== undefined || /@sha256:[0-9a-f]{64}$/.test(image) ? [] : [image],
  'no folder of the host that can be written, or that is made when it is missing': ({ volumes = [] }) =>
    volumes.filter(
      ({ type, read_only, bind }) =>
        type !== 'volume' && (type !== 'bind' || read_only !== true || bind?.create_host_path !== false),
    ),
  'no file of Wazuh, no socket of the engine': ({ volumes = [] }) =>
    volumes.filter(({ source }) => /\.json|\.sock/.test(source)),
  'no secret and no volume that is not declared': ({ secrets = [], volumes = [] }, compose) => [
    ...secrets.filter((name) => compose.secrets[name]?.file?.startsWith('./secrets/') !== true),
    ...volumes.filter(({ type, source }) => type === 'volume' && !(source in compose.volumes)),
  ],
}

function broken(compose: Compose): readonly string[] {
  return Object.values(compose.services).flatMap((service: Service) =>
    Object.entries(RULES).flatMap(([rule, check]) => (check(service, compose).length > 0 ? [rule] : [])),
  )
}

describe('deploy/compose.yaml', () => {
  const compose = read()
  const { tripline, redis } = compose.services

  it('confines every service', () => {
    for (const service of [tripline, redis]) expect(service).toMatchObject(SETTINGS)
    expect(broken(compose)).toEqual([])
  })

  it('has a rule for each thing that can go wrong', () => {
    const changes: readonly (readonly [string, string])[] = [
      ['init: true', 'privileged: true'],
      ["user: '10001:10001'", "user: '0:0'"],
      ['REDIS_PASSWORD_FILE: /run/secrets/redis_password', 'REDIS_PASSWORD: secret'],
      ['init: true', "ports: ['9464:9464']"],
      [/@sha256:\w+/.exec(TEXT)?.[0] ?? '', ''],
      ['create_host_path: false', 'create_host_path: true'],
      ['/logs/alerts}', '/logs/alerts/alerts.json}'],
      ['[misp_key, redis_password]', '[misp_key, other]'],
    ]
    const found = changes.map(([from, to]) => {
      expect(TEXT).toContain(from)
      return broken(read(TEXT.replace(from, to)))
    })
    expect(found.map((rules) => rules.length)).toEqual(changes.map(() => 1))
    expect(new Set(found.flat())).toEqual(new Set(Object.keys(RULES)))
  })

  it('mounts the folder of the alerts where Tripline reads them, for the group that may', () => {
    const [{ files } = { files: [''] }] = Object.values(settingsSchema.parse({}).sources).flatMap((source) =>
      source.type === 'wazuh-file' ? [source] : [],
    )
    const alerts = tripline.volumes?.find(({ target }) => target === dirname(files[0] ?? ''))
    expect(alerts).toMatchObject({ type: 'bind', read_only: true })
    expect(tripline['group_add']).toEqual([expect.stringMatching(/^\$\{WAZUH_GID:\?/)])
    expect(readFileSync('deploy/docker/example.env', 'utf8')).toMatch(/^WAZUH_GID=$/m)
  })

  it('runs as the user of the image, which may write to its volumes', () => {
    const last = parseDockerfile().stages.at(-1)
    expect(tripline.user).toBe(last?.steps.find(({ name }) => name === 'USER')?.text)
    const made = last?.steps.find(({ text }) => text.includes('install -d -o 10001'))?.text ?? ''
    const volumes = tripline.volumes?.filter(({ type }) => type === 'volume') ?? []
    expect(volumes.map(({ target }) => target).filter((target) => !made.includes(target))).toEqual([])
    expect(volumes.map(({ target }) => target)).toContain(settingsSchema.parse({}).stateDir)
    expect(
      existsSync(join(dirname(FILE), tripline.build?.context ?? '', tripline.build?.dockerfile ?? '')),
    ).toBe(true)
  })

  it('keeps the store away from the world', () => {
    expect(redis['networks']).toEqual(['store'])
    expect(compose.networks['store']).toEqual({ internal: true })
    expect(redis.ports).toBeUndefined()
  })

  it('has a configuration whose paths are mounted, and which is understood', async () => {
    const { config, warnings } = await loadConfig({
      file: 'deploy/docker/tripline.yaml',
      env: {},
      readFile: (path) =>
        Promise.resolve(path.startsWith('/run/') ? 'a'.repeat(40) : readFileSync(path, 'utf8')),
    })
    expect(warnings).toEqual([])
    expect(Object.keys(config.providers)).toEqual(['misp'])
    const text = readFileSync('deploy/docker/tripline.yaml', 'utf8')
    const paths = [...text.matchAll(/^.*\s(\/\S+)$/gm)].map(([, path = '']) => path)
    expect(paths).toHaveLength(4)
    const secrets = (tripline.secrets ?? []).map((name) => `/run/secrets/${name}`)
    const mounts = [...secrets, ...(tripline.volumes ?? []).map(({ target }) => target)]
    expect(paths.filter((path) => !mounts.some((mount) => `${path}/`.startsWith(`${mount}/`)))).toEqual([])
  })
})

function hasRedis(): boolean {
  if (spawnSync('redis-server', ['--version'], { stdio: 'ignore' }).status === 0) return true
  if (process.env['CI'] === 'true') throw new Error('redis-server is missing')
  process.stderr.write('SKIPPED: redis-server is missing, the command of the service redis is not run\n')
  return false
}

describe('the service redis', () => {
  let folder = ''
  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), 'tripline-compose-'))
  })
  afterEach(() => rmSync(folder, { recursive: true, force: true }))

  /** The script with the programs and paths of this machine; Compose writes `$$` for `$`. */
  function here(script: string): string {
    return script
      .replaceAll('$$', '$')
      .replaceAll('/run/secrets/redis_password', join(folder, 'password'))
      .replace('valkey-server', 'redis-server')
      .replace('protected-mode yes', `port 0\nunixsocket ${join(folder, 'socket')}\ndir ${folder}`)
      .replace('valkey-cli', `redis-cli -s ${join(folder, 'socket')}`)
  }

  it('wants the password of the secret, which is in no argument, and passes its healthcheck', async () => {
    if (!hasRedis()) return
    const { redis } = read().services
    writeFileSync(join(folder, 'password'), 'a-planted-secret')
    const [shell = '', flag = '', script = ''] = redis.command
    const server = spawn(shell, [flag, here(script)], { stdio: ['ignore', 'pipe', 'inherit'] })
    try {
      const isHealthy = () => spawnSync('sh', ['-c', here(redis.healthcheck?.test[1] ?? '')]).status === 0
      await expect.poll(isHealthy).toBe(true)
      const refused = execFileSync('redis-cli', ['-s', join(folder, 'socket'), 'ping'], { encoding: 'utf8' })
      expect(refused).toContain('NOAUTH')
      const argv = readFileSync(`/proc/${server.pid}/cmdline`, 'utf8')
      expect(argv).toContain('redis-server')
      expect(argv).not.toContain('a-planted-secret')
      writeFileSync(join(folder, 'password'), 'another')
      expect(isHealthy()).toBe(false)
    } finally {
      server.kill('SIGTERM')
    }
  })
})
