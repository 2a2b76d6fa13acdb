import { spawnSync } from 'node:child_process'
import { existsSync, readFileSync, statSync, writeFileSync } from 'node:fs'
import { resolve } from 'node:path'
import { parse } from 'yaml'

/**
 * `docker compose up -d --build` and `docker compose exec SERVICE COMMAND...` in the current folder, without an engine: the files
 * and variables that `compose.yaml` names must be there; a command runs with the service's mounts, secrets, variables, user and groups,
 * but with the programs of this machine.
 */
interface Volume {
  readonly type: 'bind' | 'volume'
  readonly source: string
  readonly target: string
}
interface Service {
  readonly build?: { readonly context: string; readonly dockerfile: string }
  readonly user: string
  readonly group_add?: readonly string[]
  readonly environment?: Readonly<Record<string, string>>
  readonly secrets: readonly string[]
  readonly volumes?: readonly Volume[]
}
interface Compose {
  readonly services: Readonly<Record<string, Service>>
  readonly secrets: Readonly<Record<string, { readonly file: string }>>
}

const UP = '/run/compose-is-up'

function fail(text: string): never {
  throw new Error(`docker: ${text}`)
}

/** With the variables of `.env` filled in, as compose does it. */
function readCompose(): Compose {
  if (!existsSync('compose.yaml')) fail('no configuration file provided: not found')
  const variables = new Map(
    [...readFileSync('.env', 'utf8').matchAll(/^(\w+)=(.*)$/gm)].map(([, name = '', value = '']) => [
      name,
      value,
    ]),
  )
  const text = readFileSync('compose.yaml', 'utf8')
    .replaceAll(/\$\{(\w+):-([^}]*)\}/g, (_, name: string, other: string) => variables.get(name) || other)
    .replaceAll(/\$\{(\w+):\?([^}]*)\}/g, (_, name: string, what: string) => {
      return variables.get(name) || fail(`required variable ${name} is missing a value: ${what}`)
    })
  return parse(text) as Compose
}

/** What an engine would stumble over. */
function inspect({ services, secrets }: Compose): void {
  for (const { build, volumes = [], secrets: used } of Object.values(services)) {
    if (build !== undefined && !existsSync(resolve(build.context, build.dockerfile)))
      fail(`no ${build.dockerfile}`)
    for (const { type, source } of volumes)
      if (type === 'bind' && !existsSync(source)) fail(`bind source path does not exist: ${source}`)
    for (const name of used) {
      const file = secrets[name]?.file ?? fail(`no secret ${name}`)
      const { uid, mode, size } = statSync(file)
      if (uid !== 10_001 || (mode & 0o77) !== 0 || size === 0) fail(`${file} is not what a secret should be`)
    }
  }
}

/** A shell that runs its arguments as the service would. */
function inside(compose: Compose, service: Service): string {
  const mounts = (service.volumes ?? []).map(({ type, source, target }) => {
    const from = type === 'bind' ? resolve(source) : `/run/volumes/${source}`
    const make = type === 'bind' ? '' : `install -d -o 10001 -g 10001 ${from}; `
    const place =
      statSync(from, { throwIfNoEntry: false })?.isFile() === true
        ? `install -D /dev/null ${target}`
        : `mkdir -p ${target}`
    return `${make}${place}; mount --bind ${from} ${target}`
  })
  const files = service.secrets.map(
    (name) => `install -o 10001 -m 0400 ${compose.secrets[name]?.file} /run/secrets/${name}`,
  )
  const variables = Object.entries(service.environment ?? {}).map(([name, value]) => `${name}=${value}`)
  const [user = '', group = ''] = service.user.split(':')
  const groups =
    service.group_add === undefined ? '--clear-groups' : `--groups ${service.group_add.join(',')}`
  return [
    'set -e; mkdir -p /run/secrets; mount -t tmpfs tmpfs /run/secrets',
    ...files,
    'mount -t tmpfs tmpfs /etc/tripline; mount -t tmpfs tmpfs /var/log/tripline',
    ...mounts,
    `cd /; exec env ${variables.join(' ')} setpriv --reuid ${user} --regid ${group} ${groups} "$@"`,
  ].join('\n')
}

function run(script: string, command: readonly string[]): number {
  const args = ['--mount', 'sh', '-c', script, 'sh', ...command]
  return spawnSync('unshare', args, { stdio: 'inherit' }).status ?? 1
}

const [topic, verb, ...rest] = process.argv.slice(2)
if (topic !== 'compose') fail(`${topic} is not known here`)
const compose = readCompose()
if (verb === 'up') {
  if (rest.join(' ') !== '-d --build') fail(`up ${rest.join(' ')} is not known here`)
  inspect(compose)
  writeFileSync(UP, '')
} else if (verb === 'exec') {
  const [name = '', ...command] = rest
  const service = compose.services[name] ?? fail(`no such service: ${name}`)
  if (!existsSync(UP)) fail(`service "${name}" is not running`)
  process.exitCode = run(inside(compose, service), command)
} else fail(`compose ${verb} is not known here`)
