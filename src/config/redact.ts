const REDACTED = '[REDACTED]'

/** Words in a key whose value may be a secret, also in keys we do not know: a mistyped `apikey` holds one too. */
const SECRET_WORD = String.raw`(?:key|token|secret|passw(?:or)?d|passphrase|credential|auth)`

/** A key with such a word and what follows it on the line; names of files that hold secrets may be shown. */
const SECRET_PAIR = new RegExp(
  String.raw`([\w.-]*${SECRET_WORD}(?![\w.-]*File\b)[\w.-]*["']?\s*[:=]\s*)(?=\S)(?!#).*$`,
  'i',
)
const SECRET_KEY = new RegExp(SECRET_WORD, 'i')

/** The user information of a URL: `https://user:pass@host`. */
const USER_INFO = /(:\/\/)[^\s/@]+@/g

/**
 * What looks like a key or token by itself, behind whatever key: `apiKye` holds one too. Long, with a digit, and no part of a path,
 * a name or an address.
 */
const LOOKS_SECRET = /(?<![\w./:-])(?=[\w+=-]*\d)[\w+=-]{20,}(?![\w./:-])/g

/** Nobody writes longer lines, and the search takes time in the square of the length. */
const MAX_LINE = 2000

/** True for a key whose value must not be shown, whether we know the key or not. */
export function isSecretKey(key: string): boolean {
  return SECRET_KEY.test(key) && !/File$/i.test(key)
}

/** Whether a line of the configuration has a value that must not be shown. */
export function holdsSecret(line: string): boolean {
  return line.length <= MAX_LINE && (SECRET_PAIR.test(line) || line.search(USER_INFO) >= 0)
}

/** One line of text from the configuration, fit to be shown: secrets masked, control characters replaced. */
export function redact(line: string): string {
  if (line.length > MAX_LINE) return REDACTED
  return line
    .replace(SECRET_PAIR, `$1${REDACTED}`)
    .replaceAll(USER_INFO, `$1${REDACTED}@`)
    .replaceAll('\t', ' ')
    .replaceAll(/\p{Cc}/gu, '\u{FFFD}')
}

/** A line of the file, shown beside a problem: its key may be mistyped, so what looks like a secret is taken for one. */
export function redactLine(line: string): string {
  return redact(line).replaceAll(LOOKS_SECRET, REDACTED)
}

/** A line that is part of a secret: nothing of it but its indentation. */
export function redactWhole(line: string): string {
  return line.replace(/\S.*$/, REDACTED)
}

const MAX_SHOWN = 60

/** A value as the reader wrote it, short, for «got …». */
export function shown(value: unknown): string {
  if (value === undefined || value === null) return 'nothing'
  if (typeof value === 'string') return `"${shorten(redact(value.slice(0, MAX_LINE)))}"`
  if (typeof value === 'number' || typeof value === 'bigint') return `the number ${value}`
  if (typeof value === 'boolean') return String(value)
  if (Array.isArray(value)) return 'a list'
  return 'a mapping'
}

function shorten(text: string): string {
  return text.length <= MAX_SHOWN ? text : `${text.slice(0, MAX_SHOWN)}…`
}
