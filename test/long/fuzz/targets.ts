import {
  canonicalDomain,
  canonicalHostname,
  parentDomains,
  registrableDomain,
} from '../../../src/canonical/domain.ts'
import { canonicalEmail } from '../../../src/canonical/email.ts'
import { canonicalHash } from '../../../src/canonical/hash.ts'
import { indicatorValues } from '../../../src/canonical/indicator-value.ts'
import { canonicalIp, canonicalNetwork, splitHostPort } from '../../../src/canonical/ip.ts'
import { readNetwork } from '../../../src/canonical/network.ts'
import { refang } from '../../../src/canonical/refang.ts'
import { hintOfPath } from '../../../src/canonical/stix-paths.ts'
import { canonicalUrl, urlHost, urlPrefixes } from '../../../src/canonical/url.ts'
import { allowKind, isDomainName, isNetwork } from '../../../src/config/values.ts'
import { redact } from '../../../src/config/redact.ts'
import { parseYamlFile } from '../../../src/config/yaml-file.ts'
import { AppError } from '../../../src/core/errors.ts'
import { parseJson } from '../../../src/core/json.ts'
import { jsonLine, plain, printable } from '../../../src/core/text.ts'
import { parseDuration, parseSize } from '../../../src/core/units.ts'
import { encodedCommands } from '../../../src/extract/encoded.ts'
import { retryTime } from '../../../src/intel/http/retry-after.ts'
import { parseDate } from '../../../src/intel/feed/dates.ts'
import { readJson } from '../../../src/intel/feed/json.ts'
import { parseCsv } from '../../../src/intel/feed/csv.ts'
import { parseMisp } from '../../../src/intel/feed/misp.ts'
import { parsePlain } from '../../../src/intel/feed/plain.ts'
import { parseStix } from '../../../src/intel/feed/stix.ts'
import { tlpOf } from '../../../src/intel/feed/tlp.ts'
import { compilePattern } from '../../../src/intel/stix/compile.ts'
import { createLike } from '../../../src/intel/stix/like.ts'
import { createPatternCheck } from '../../../src/intel/stix/pattern-check.ts'
import { createRegex } from '../../../src/intel/stix/regex.ts'
import { parseVersion } from '../../../src/intel/opencti/client/version.ts'
import { readContent } from '../../../src/intel/warninglists/list-content.ts'
import { MATCHERS } from '../../../src/intel/warninglists/matcher.ts'
import { readPattern } from '../../../src/intel/warninglists/pattern.ts'
import { createTagTest } from '../../../src/pipeline/tag-pattern.ts'
import { leafText } from '../../../src/sinks/wazuh-leaf.ts'
import { unglue } from '../../../src/sources/glued.ts'
import { parseTimestamp } from '../../../src/sources/timestamp.ts'
import { chunksOf, read } from '../../fixtures/feeds/reading.ts'
import { alertTargets } from './alert-targets.ts'
import { DOCTOR_TARGETS } from './doctor-targets.ts'
import { sourceTargets } from './source-targets.ts'

/** Something that reads text from outside. */
export interface Target {
  readonly name: string
  /** What it looks for, beside what all do. */
  readonly pieces: readonly string[]
  readonly run: (text: string) => unknown
  /** Texts are cut here: for what only its owner writes. */
  readonly maxChars?: number
}

const EVIL_REGEXES = [
  '(a+)+$',
  '(a|aa)*b',
  '(.*a){12}b',
  '(?:a?){30}a{30}',
  '^(\\w+\\s?)*$',
  '[a-z]+[a-z]+[a-z]+!',
] as const
const EVIL_LIKES = ['%a%a%a%a%b', '%%%%%%_%', 'a%_%_%_%z'] as const

function plainTargets(): readonly Target[] {
  const table: Readonly<Record<string, (text: string) => unknown>> = {
    'canonical: address': canonicalIp,
    'canonical: network': canonicalNetwork,
    'canonical: network of a setting': readNetwork,
    'canonical: host and port': splitHostPort,
    'canonical: domain': canonicalDomain,
    'canonical: host name': canonicalHostname,
    'canonical: parents': (text) => parentDomains(canonicalHostname(text) ?? 'a.com'),
    'canonical: registrable domain': registrableDomain,
    'canonical: URL': canonicalUrl,
    'canonical: prefixes of a URL': (text) => prefixesOf(`http://a.com/${text}`),
    'canonical: e-mail address': canonicalEmail,
    'canonical: digest': canonicalHash,
    'canonical: refang': refang,
    'canonical: value of an indicator': (text) => indicatorValues(text),
    'canonical: STIX path': hintOfPath,
    'source: time': parseTimestamp,
    'source: torn line': (text) => unglue(Buffer.from(text), 0),
    'extract: encoded command': encodedCommands,
    'extract: encoded command, with option': (text) => encodedCommands(`powershell -e ${text}`),
    'feed: date': parseDate,
    'feed: TLP': tlpOf,
    'http: Retry-After': (text) => retryTime(text, { date: text }),
    'opencti: version': parseVersion,
    'warning-list: JSON': (text) => readContent(parseJson(text)),
    'config: YAML': (text) => parseYamlFile('tripline.yaml', text),
    'config: secrets in a line': redact,
    'config: duration': parseDuration,
    'config: size': parseSize,
    'config: network': isNetwork,
    'config: domain name': isDomainName,
    'config: allow-list': allowKind,
    'policy: tag pattern': (text) => createTagTest([text.slice(0, 200)])(text),
    'output: JSON line': (text) => jsonLine({ [text]: text }),
    'output: plain': plain,
    'output: printable': (text) => printable(text, 500),
    'output: leaf of an event': (text) => leafText(text, 1000),
  }
  return Object.entries(table).map(([name, run]) => ({
    name,
    run,
    pieces: [],
    // Each of a thousand errors of the YAML parser takes its time; the file is the administrator's.
    ...(name === 'config: YAML' ? { maxChars: 8192 } : {}),
  }))
}

function prefixesOf(text: string): unknown {
  const url = canonicalUrl(text)
  return url === undefined ? undefined : [urlPrefixes(url.value), urlHost(url.value)]
}

const FACTS = (text: string) => ({ get: () => [text] })
const STIX_PIECES = [
  "[file:name MATCHES '(a+)+$']",
  "'",
  "']",
  "[file:name = '",
  "file:hashes.'SHA-256'",
  ' = ',
  ' IN (',
  ", 'a'",
  ')',
]

function stixTargets(): readonly Target[] {
  const check = createPatternCheck()
  return [
    { name: 'stix: pattern', pieces: STIX_PIECES, run: compilePattern },
    {
      name: 'stix: list of values',
      pieces: ["'a',", "'b'"],
      run: (text) => compilePattern(`[domain-name:value IN (${text})]`),
    },
    {
      name: 'stix: pattern over facts',
      pieces: STIX_PIECES,
      run: (text) => check(text.slice(0, 4096), FACTS(text)),
    },
    {
      name: 'stix: text of MATCHES',
      pieces: ['a+', '(', ')', '|', '*', '{2,}'],
      run: (text) => createRegex(text, true)?.test(text),
    },
    ...EVIL_REGEXES.map((regex) => ({
      name: `stix: value of MATCHES ${regex}`,
      pieces: ['a', 'aa', 'b', ' '],
      run: (text: string) => createRegex(regex, false)?.test(text),
    })),
    ...EVIL_LIKES.map((like) => ({
      name: `stix: value of LIKE ${like}`,
      pieces: ['a', 'z', 'b'],
      run: (text: string) => createLike(like)(text),
    })),
  ]
}

function entryOf(kind: keyof typeof MATCHERS): Target['run'] {
  return (text) => {
    const matcher = MATCHERS[kind]()
    for (const line of text.split('\n')) matcher.add(line)
    matcher.seal()
    return matcher.match({ type: 'domain', value: text })
  }
}

function warningListTargets(): readonly Target[] {
  const kinds = ['string', 'substring', 'hostname', 'cidr'] as const
  return [
    ...kinds.map((kind) => ({
      name: `warning-list: entry of ${kind}`,
      pieces: ['.', '.com\n', '/8'],
      run: entryOf(kind),
    })),
    {
      name: 'warning-list: regex',
      pieces: ['/', '/i', '(', ')', '+'],
      run: (text) => readPattern(text)?.matches(text),
    },
    ...EVIL_REGEXES.map((regex) => ({
      name: `warning-list: value for ${regex}`,
      pieces: ['a', 'aa', ' '],
      run: (text: string) => readPattern(`/${regex}/i`)?.matches(text),
    })),
  ]
}

/** A feed that is refused says so with an error of ours; anything else is a fault. */
async function feed(reading: Promise<unknown>): Promise<void> {
  await reading.catch((error: unknown) => {
    if (!(error instanceof AppError) || error.code !== 'FEED_MALFORMED') throw error
  })
}

const MISP_PIECES = [
  '{"Event":{"Attribute":[',
  '{"type":"ip-dst","value":"1.2.3.4"},',
  ']}}',
  '{"response":[',
]
const BUNDLE_PIECES = [
  '{"type":"bundle","objects":[',
  '{"type":"indicator","id":"indicator--1","pattern":"',
  '"},',
  ']}',
]

function feedTargets(): readonly Target[] {
  return [
    {
      name: 'feed: plain',
      pieces: ['# a', '\t5\n', '0.0.0.0 ', '"a",\n'],
      run: (text) => feed(read((maker) => parsePlain(chunksOf(text), maker))),
    },
    {
      name: 'feed: CSV',
      pieces: ['"', '""', ',', ',"\n', 'type,value\n', 'ip,'],
      run: (text) => feed(read((maker) => parseCsv(chunksOf(text), maker, ','))),
    },
    {
      name: 'feed: MISP',
      pieces: MISP_PIECES,
      run: (text) => feed(jsonFeed(text, (root) => read((maker) => parseMisp(root, maker)))),
    },
    {
      name: 'feed: STIX',
      pieces: BUNDLE_PIECES,
      run: (text) => feed(jsonFeed(text, (root) => read((maker) => parseStix(root, maker)))),
    },
    {
      name: 'feed: comment of a MISP attribute',
      pieces: MISP_PIECES,
      run: (text) =>
        read((maker) =>
          parseMisp(
            {
              Event: {
                info: text,
                Tag: [{ name: text }],
                Attribute: [{ type: text.slice(0, 20), value: text, comment: text }],
              },
            },
            maker,
          ),
        ),
    },
  ]
}

async function jsonFeed(text: string, parse: (root: unknown) => Promise<unknown>): Promise<unknown> {
  return parse(await readJson(chunksOf(text)))
}

export async function createTargets(): Promise<readonly Target[]> {
  return [
    ...plainTargets(),
    ...stixTargets(),
    ...warningListTargets(),
    ...feedTargets(),
    ...(await alertTargets()),
    ...(await sourceTargets()),
    ...DOCTOR_TARGETS,
  ]
}
