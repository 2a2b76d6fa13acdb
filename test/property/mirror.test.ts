import * as fc from 'fast-check'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import ipaddr from 'ipaddr.js'
import { parentDomains } from '../../src/canonical/domain.ts'
import { createKeyHash, type KeyHash } from '../../src/canonical/key-hash.ts'
import { urlPrefixes } from '../../src/canonical/url.ts'
import type { Indicator } from '../../src/core/indicator.ts'
import { MATCH_KINDS, type MatchedIndicator, type MatchKind } from '../../src/core/match.ts'
import type { Observable } from '../../src/core/observable.ts'
import type { BodyStore } from '../../src/intel/mirror/bodies.ts'
import { openLmdbBodies } from '../../src/intel/mirror/lmdb-bodies.ts'
import { createMemoryBodies } from '../support/memory-bodies.ts'
import { createMirror } from '../../src/intel/mirror/mirror.ts'
import { recordedTelemetry } from '../support/telemetry.ts'
import { indicatorsOf, noAbort, observable, replaceWith } from '../contract/mirror.ts'

/** Few names and numbers, so that random values meet, nest and repeat. */
const label = fc.constantFrom('a', 'b', 'www', 'github')
const domain = fc
  .tuple(fc.array(label, { minLength: 1, maxLength: 3 }), fc.constantFrom('com', 'co.uk', 'github.io'))
  .map(([labels, suffix]) => [...labels, suffix].join('.'))
const octet = fc.constantFrom(0, 1, 127, 128, 203, 255)
const ipv4 = fc.tuple(octet, octet, octet, octet).map((octets) => octets.join('.'))
const group = fc.constantFrom('0', '1', '8000', 'ffff')
const ipv6 = fc.tuple(group, group, group).map(([a, b, c]) => `2001:db8:${a}::${b}:${c}`)
const path = fc
  .array(fc.constantFrom('/', 'x', 'y', '//', '/x'), { maxLength: 5 })
  .map((parts) => parts.join(''))
const url = fc
  .tuple(
    fc.constantFrom('http', 'https'),
    fc.constantFrom('', 'u:p@'),
    fc.oneof(
      domain,
      ipv4,
      ipv6.map((value) => `[${value}]`),
    ),
    fc.constantFrom('', ':8080'),
    path,
    fc.constantFrom('', '?q=1', '?/x/y'),
  )
  .map(([scheme, user, host, port, rest, query]) => `${scheme}://${user}${host}${port}/${rest}${query}`)
const email = fc.tuple(fc.constantFrom('x', 'Y'), domain).map(([local, name]) => `${local}@${name}`)
const value = fc.oneof(
  domain,
  ipv4,
  fc.tuple(ipv4, fc.integer({ min: 0, max: 32 })).map(([ip, bits]) => `${ip}/${bits}`),
  ipv6,
  fc.tuple(ipv6, fc.integer({ min: 0, max: 128 })).map(([ip, bits]) => `${ip}/${bits}`),
  url,
  email,
  fc.constantFrom('0123456789abcdef'.repeat(2), '0123456789abcdef'.repeat(4)),
)

const indicators = fc
  .array(
    fc.record({ value, ref: fc.constantFrom('r1', 'r2'), composite: fc.constantFrom(undefined, 'x|y') }),
    {
      maxLength: 12,
    },
  )
  .map((rows) =>
    rows.flatMap((row) =>
      indicatorsOf(
        row.value,
        row.composite === undefined ? { ref: row.ref } : { ref: row.ref, composite: 'x|y' },
      ),
    ),
  )

const unit = fc.constantFrom('u1', 'u2', 'u3')
const step = fc.oneof(
  { weight: 4, arbitrary: fc.record({ kind: fc.constant('replace' as const), unit, indicators }) },
  { weight: 1, arbitrary: fc.record({ kind: fc.constant('fail' as const), unit, indicators }) },
  { weight: 1, arbitrary: fc.record({ kind: fc.constant('remove' as const), unit }) },
)

/** Linear search after the text of the rules, with other means than the product's. */
function naiveKind(one: Indicator, seen: Pick<Observable, 'type' | 'value'>): MatchKind | undefined {
  if (one.type === seen.type && one.value === seen.value)
    return one.composite === undefined ? 'exact' : 'composite'
  if (seen.type === 'ipv4' || seen.type === 'ipv6') {
    return one.type === seen.type && covers(one.value, seen.value) ? 'cidr' : undefined
  }
  if (seen.type === 'domain') {
    return one.type === 'domain' && parentDomains(seen.value).includes(one.value)
      ? 'parent-domain'
      : undefined
  }
  if (seen.type === 'email') {
    return one.type === 'domain' && seen.value.endsWith(`@${one.value}`) ? 'email-domain' : undefined
  }
  if (seen.type !== 'url') return undefined
  if (one.type === 'url') return urlPrefixes(seen.value).includes(one.value) ? 'url-prefix' : undefined
  const host = new URL(seen.value).hostname.replace(/^\[|\]$/g, '')
  const type = ipaddr.IPv4.isValid(host) ? 'ipv4' : ipaddr.IPv6.isValid(host) ? 'ipv6' : 'domain'
  return naiveKind(one, { type, value: host }) === undefined ? undefined : 'url-host'
}

function covers(network: string, address: string): boolean {
  if (!network.includes('/')) return false
  const [range, bits] = ipaddr.parseCIDR(network)
  return ipaddr.parse(address).match(range, bits)
}

const identity = ({ kind, indicator: { provider, ref, type, value: text } }: MatchedIndicator): string =>
  [kind, provider, ref, type, text].join(' ')

function naiveFind(all: readonly Indicator[], seen: Observable): string[] {
  const strongest = new Map<string, MatchedIndicator>()
  for (const one of all) {
    const kind = naiveKind(one, seen)
    if (kind === undefined) continue
    const key = `${one.ref} ${one.type} ${one.value}`
    const before = strongest.get(key)
    if (before === undefined || MATCH_KINDS.indexOf(kind) < MATCH_KINDS.indexOf(before.kind)) {
      strongest.set(key, { indicator: one, kind })
    }
  }
  return [...strongest.values()].map(identity).toSorted()
}

/** Eight keys for all values: nearly every entry collides. */
function weakHash(): KeyHash {
  const strong = createKeyHash()
  return {
    ...strong,
    finish: (out) => {
      strong.finish(out)
      out[0] = (out[0] ?? 0) & 3
      out[1] = (out[1] ?? 0) & 0x80000000
    },
  }
}

describe('mirror against a linear search', () => {
  let dir: string
  beforeAll(async () => {
    dir = await mkdtemp(join(tmpdir(), 'tripline-mirror-property-'))
  })
  afterAll(() => rm(dir, { recursive: true }))

  const cases: readonly (readonly [string, () => KeyHash, () => Promise<BodyStore>, number])[] = [
    ['the real hash', createKeyHash, () => Promise.resolve(createMemoryBodies()), 300],
    ['colliding hashes', weakHash, () => Promise.resolve(createMemoryBodies()), 300],
    ['colliding hashes, bodies in lmdb', weakHash, () => openLmdbBodies(dir), 40],
  ]

  it.each(cases)('finds the same with %s', async (_name, hash, openBodies, numRuns) => {
    await fc.assert(
      fc.asyncProperty(
        fc.array(step, { minLength: 1, maxLength: 8 }),
        fc.array(value, { minLength: 5, maxLength: 20 }),
        fc.boolean(),
        async (steps, values, eager) => {
          const mirror = createMirror({
            bodies: await openBodies(),
            telemetry: recordedTelemetry(),
            providerIds: [],
            hash: hash(),
            maxDead: eager ? 0 : 20,
          })
          const model = new Map<string, readonly Indicator[]>()
          for (const one of steps) {
            if (one.kind === 'remove') {
              await mirror.apply('feeds', { kind: 'remove', unit: one.unit }, noAbort)
              model.delete(one.unit)
            } else if (one.kind === 'replace') {
              await mirror.apply('feeds', replaceWith(one.unit, one.indicators), noAbort)
              model.set(one.unit, one.indicators)
            } else {
              const load = async function* () {
                yield await Promise.resolve(one.indicators)
                throw new Error('fails')
              }
              await mirror
                .apply('feeds', { kind: 'replace', unit: one.unit, load }, noAbort)
                .catch(() => undefined)
            }
            // Then the numbers of freed blocks are used again by the next step.
            if (eager) await mirror.idle()
            const all = [...model.values()].flat()
            expect(mirror.size).toBe(all.length)
            const seen = [...values.flatMap((text) => indicatorsOf(text)), ...all].filter(
              (item) => !/^[^:]*\/\d+$|^[0-9a-f:]+\/\d+$/.test(item.value),
            )
            for (const { type, value: text } of seen) {
              const looked = observable(type, text)
              expect(mirror.find(looked).map(identity).toSorted()).toEqual(naiveFind(all, looked))
            }
          }
          await mirror.close()
        },
      ),
      { numRuns },
    )
  })
})
