import type { Random } from './random.ts'
import { newDigest, newDomain, newIpv4, newUrl, type DigestType } from './values.ts'

export type PlantType = 'ipv4' | 'domain' | 'url' | DigestType

export interface Plant {
  readonly type: PlantType
  readonly value: string
}

export interface Agent {
  readonly id: string
  readonly name: string
  readonly ip?: string
  readonly system: 'manager' | 'linux' | 'windows'
}

/** What a template draws its values from. Values repeat, as they do in life: the same scanners, the same sites. */
export interface World {
  readonly random: Random
  ipv4(): string
  /** The address of one of the agents. */
  internalIp(): string
  domain(): string
  url(): string
  digest(type: DigestType): string
  user(): string
  host(): string
  port(): string
  guid(): string
  /** Any agent but the manager itself when a system is given. */
  agent(system?: Agent['system']): Agent
  /** The next value asked for of this type is the planted one. */
  plant(next: Plant | undefined): void
  /** Seconds since 1970 of the alert being made. */
  second: number
}

/** Share of values taken from those seen lately. */
const REPEAT_SHARE = 0.7
const POOL = 512
const USERS = [
  'root',
  'admin',
  'deploy',
  'anna',
  'erik',
  'kai',
  'backup',
  'oracle',
  'test',
  'svc-web',
] as const

export function createAgents(count: number): readonly [Agent, ...Agent[]] {
  const manager: Agent = { id: '000', name: 'wazuh-manager', system: 'manager' }
  const others = Array.from({ length: count - 1 }, (_, i): Agent => {
    const windows = i % 3 === 0
    const number = String(i + 1).padStart(3, '0')
    return {
      id: number,
      name: windows ? `ws-${number}` : `srv-${number}`,
      ip: `10.${20 + (i >> 8)}.${i & 255}.${10 + (i % 200)}`,
      system: windows ? 'windows' : 'linux',
    }
  })
  return [manager, ...others]
}

/** Values of one type, the latest `POOL` of which come back. */
function repeating(random: Random, make: () => string): () => string {
  const pool: string[] = []
  let at = 0
  return () => {
    // Squared: some values are far more frequent than others.
    if (pool.length > 0 && random.chance(REPEAT_SHARE)) {
      const place = Math.floor((random.int(65_536) / 65_536) ** 2 * pool.length)
      return pool[place] ?? make()
    }
    const value = make()
    pool[at] = value
    at = (at + 1) % POOL
    return value
  }
}

export function createWorld(random: Random, agents: readonly [Agent, ...Agent[]]): World {
  let planted: Plant | undefined
  const drawn = (type: PlantType, draw: () => string) => (): string => {
    if (planted?.type !== type) return draw()
    const { value } = planted
    planted = undefined
    return value
  }
  const digests = {
    md5: drawn('md5', () => newDigest(random, 'md5')),
    sha1: drawn('sha1', () => newDigest(random, 'sha1')),
    sha256: drawn(
      'sha256',
      repeating(random, () => newDigest(random, 'sha256')),
    ),
  }
  const bySystem = {
    manager: agents,
    linux: agents.filter(({ system }) => system === 'linux'),
    windows: agents.filter(({ system }) => system === 'windows'),
  }
  return {
    random,
    ipv4: drawn(
      'ipv4',
      repeating(random, () => newIpv4(random, 'alert')),
    ),
    internalIp: () => agents[random.int(agents.length)]?.ip ?? '10.20.30.40',
    domain: drawn(
      'domain',
      repeating(random, () => newDomain(random, 'alert')),
    ),
    url: drawn(
      'url',
      repeating(random, () => newUrl(random, 'alert')),
    ),
    digest: (type) => digests[type](),
    user: () => random.pick(USERS),
    host: () => `srv-${String(1 + random.int(200)).padStart(3, '0')}`,
    port: () => String(1024 + random.int(64_000)),
    guid: () => `{${random.hex(8)}-${random.hex(4)}-${random.hex(4)}-${random.hex(4)}-${random.hex(12)}}`,
    agent: (system) => {
      const group = system === undefined || system === 'manager' ? undefined : bySystem[system]
      return group === undefined ? agents[0] : (group[random.int(group.length)] ?? agents[0])
    },
    plant: (next) => {
      planted = next
    },
    second: 0,
  }
}
