import { array, constantFrom, json, oneof, string, tuple, type Arbitrary } from 'fast-check'

/** Pieces of which hostile texts are made: what parsers look for, what ends things, and what engines stumble over. */
const CHARACTERS = Array.from('.,:;/\\@-_%+=*?!|&#~^$<>()[]{}"\'` \t\r\n\0aAfFzZ019éß')
// prettier-ignore
const PIECES = [
  ...CHARACTERS,
  '::', '..', '//', '://', '[.]', '[dot]', '(dot)', '[:]', '[@]', '[at]', 'hxxp', 'http://', 'https://x.com/', 'ftp://',
  '1.2.3.4', '1.', '255.', '::ffff:', 'fe80::', '/24', ':80', 'evil.com', 'a.b.', 'xn--', 'www.', '.com', 'a@', '@b.com', '+a@',
  'd41d8cd98f00b204e9800998ecf8427e', 'SHA256=', 'MD5=', 'http%3A%2F%2F', '%2e', '%', '&amp;', '&#x2e;', '-e ', ' -EncodedCommand ',
  'QUFBQUFBQUFBQUFBQUFBQUFBQUE', '\u001b[2J', '\u009b', '\u2028', '\u202e', '\ufeff', '\ud800', '\udc00', '\u{1f600}', 'İ', 'ﬁ', '。', '．',
  '__proto__', 'constructor', '{"', '":', '"}', '[[', '{"timestamp":"', '\\u0000', '\\"', '- ', '? ', '&a ', '*a', '<<: ', '|\n', '# ',
  "[file:name = 'a']", "[a:b LIKE '%", "[a:b MATCHES '", ' AND ', ' OR ', ' FOLLOWEDBY ', 'START t', 'WITHIN 5 SECONDS', "t'", 'NOT ',
  '(a+)+', '(a|aa)*', '.*', '\\d{1,99}', '(?:', '(?i)', '[^a]', 'x{1000}', '"a","b"\n', 'ip-dst|port', 'tlp:',
]

export type Pump = readonly [prefix: string, unit: string, suffix: string]

/** A beginning, something that is repeated, and an end that lets a long way go wrong. */
export function pumps(own: readonly string[]): Arbitrary<Pump> {
  const piece = oneof({ weight: 3, arbitrary: constantFrom(...PIECES) }, ...ownPieces(own))
  const some = (minLength: number, maxLength: number): Arbitrary<string> =>
    array(piece, { minLength, maxLength }).map((parts) => parts.join(''))
  return tuple(some(0, 2), oneof(constantFrom(...CHARACTERS), some(1, 3)), some(0, 2))
}

/** Texts of all kinds: pieces in any order, any characters, JSON of any shape. */
export function texts(own: readonly string[]): Arbitrary<string> {
  const piece = oneof(constantFrom(...PIECES), ...ownPieces(own))
  return oneof(
    array(piece, { maxLength: 40 }).map((parts) => parts.join('')),
    string({ unit: 'binary', maxLength: 60 }),
    json({ maxDepth: 4 }),
  )
}

function ownPieces(own: readonly string[]): readonly Arbitrary<string>[] {
  return own.length === 0 ? [] : [constantFrom(...own)]
}

/** About `length` characters of it. */
export function pumped([prefix, unit, suffix]: Pump, length: number): string {
  return prefix + unit.repeat(Math.max(1, Math.floor(length / unit.length))) + suffix
}
