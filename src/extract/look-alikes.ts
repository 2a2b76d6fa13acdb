import { memoize } from '../core/memo.ts'
import { hashTypeOfLength, isHexCode } from '../canonical/hash.ts'

/**
 * What keeps look-alikes out of free text. Each test gets the text and where the word stands in it, because the
 * neighbours decide: `Chrome/88.0.43.1` is a version, `outside/88.0.43.1(443)` is an address.
 */

function isDigit(code: number): boolean {
  return code >= 48 && code <= 57
}

function isLetter(code: number): boolean {
  return (code >= 97 && code <= 122) || (code >= 65 && code <= 90)
}

/** What stands between a label and its value: `md5="…`, `Version: …`, `(OID):\t…`. */
const BETWEEN = ' \t\r\n:="\'(),>'
const MAX_BETWEEN = 6
const MAX_WORD = 24

interface Word {
  /** In lower case; '' when there is none. */
  readonly text: string
  readonly start: number
}

/** The word before a place in a text, blanks and punctuation between skipped. */
function wordBefore(text: string, place: number): Word {
  let end = place
  while (end > 0 && place - end < MAX_BETWEEN && BETWEEN.includes(text[end - 1] ?? '.')) end -= 1
  let start = end
  while (start > 0 && end - start < MAX_WORD && isWordCode(text.charCodeAt(start - 1))) start -= 1
  return { text: text.slice(start, end).toLowerCase(), start }
}

function isWordCode(code: number): boolean {
  return isLetter(code) || isDigit(code) || code === 45 || code === 95
}

/** Words right before a dotted number that make it a version, an OID or a section number. */
const VERSION_WORDS: ReadonlySet<string> = new Set(
  'v ver version versions rev release build firmware package patch kernel oid benchmark section control rv'.split(
    ' ',
  ),
)

function isVersionWord(word: string): boolean {
  return VERSION_WORDS.has(word) || word.endsWith('version')
}

/** Windows Installer events list product, version and language: `FTK Imager, 3.1.2.0, 1033, …` (LCID). */
const INSTALLER_AFTER = /^, \d{4,5},/

/** Whether the dotted word is an address rather than a version, an OID, a netmask or a network. */
export function isIpv4InText(text: string, start: number, end: number): boolean {
  if (end - start < 7 || end - start > 15) return false
  const before = text.charCodeAt(start - 1)
  const after = text.charCodeAt(end)
  if (before === 46 || before === 45 || before === 95 || (after === 46 && isDigit(text.charCodeAt(end + 1))))
    return false
  if (before === 47 && isProductSlash(text, start - 1, after)) return false
  if (after === 47 && isNetwork(text, start, end)) return false
  if (after === 44 && INSTALLER_AFTER.test(text.slice(end, end + 9))) return false
  return !isVersionWord(wordBefore(text, start).text)
}

/** `Chrome/1.2.3.4` is a product and its version; `outside/1.2.3.4(80)`, `//1.2.3.4` and `/1.2.3.4:80` are addresses. */
function isProductSlash(text: string, slash: number, after: number): boolean {
  if (!isLetter(text.charCodeAt(slash - 1)) && !isDigit(text.charCodeAt(slash - 1))) return false
  return after !== 40 && after !== 58 && after !== 47
}

/** `10.0.0.0/8`: a network, not an address; `203.0.113.9/443` is an address and a port as firewalls write it. */
function isNetwork(text: string, start: number, end: number): boolean {
  const bits = /^\/\d{1,2}(?![\d.])/.test(text.slice(end, end + 4))
  return bits && text.slice(start, end).endsWith('.0')
}

/** IPv6 in running text needs three colons at least, and must not be a MAC, a time or a certificate serial. */
export function isIpv6InText(text: string, start: number, token: string): boolean {
  if (token.length < 6) return false
  const before = text.charCodeAt(start - 1)
  const after = text.charCodeAt(start + token.length)
  if (isLetter(before) || isDigit(before) || before === 58 || before === 46 || before === 45 || before === 95)
    return false
  if (isLetter(after) || after === 58 || after === 45) return false
  const groups = token.split(':')
  if (groups.length !== 8 && !token.includes('::')) return false
  return (
    groups.length >= 4 && groups.length <= 9 && groups.some((group) => group.length !== 2 && group !== '')
  )
}

/** A hex word counts as a digest when the word before names it one: bare hex words are ids, tokens and commits. */
const DIGEST_WORD =
  /^(?:(?:[a-z_-]*[_-])?(?:md5|sha-?(?:1|256|512))(?:sum|_?hash)?|(?:file|process|image)?_?hash(?:es)?|checksum|cksum|digest)$/
const isDigestWord = memoize((word) => DIGEST_WORD.test(word), 1000)
/** `New md5sum is : '…'`, as FIM writes it. */
const FILLERS: ReadonlySet<string> = new Set(['is', 'was'])

/** `LM:NT`, the two halves of a Windows password hash. */
const SECOND_HALF = /[0-9a-f]{32}:$/i

/** Whether a run stands where a digest would; that it is hex is for the caller to see. */
export function isHashInText(text: string, start: number, end: number): boolean {
  if (hashTypeOfLength(end - start) === undefined) return false
  if (text.charCodeAt(end) === 58 && isHexCode(text.charCodeAt(end + 1))) return false
  if (text.charCodeAt(start - 1) === 58 && SECOND_HALF.test(text.slice(Math.max(0, start - 33), start)))
    return false
  const word = wordBefore(text, start)
  return isDigestWord(FILLERS.has(word.text) ? wordBefore(text, word.start).text : word.text)
}

/** Top-level domains that are file name extensions, too. */
const EXTENSIONS: ReadonlySet<string> = new Set(
  'ai app as bat bin cab cc cfg com cpl dev docs exe gdn java jar la lat md mov mp ms pl pm prof ps pub py rs sh so src st tar tf ts vi ws zip'.split(
    ' ',
  ),
)
/** Two-letter ones that are words or field names in running text. */
const WEAK: ReadonlySet<string> = new Set(
  'ad am an as at be by do ec es gi hm id im in is it li me my nc no pm re sc se si so sy tc to us vc vi va'.split(
    ' ',
  ),
)
/** Generic ones common enough to be taken for a name in running text with two labels. */
const COMMON: ReadonlySet<string> = new Set(
  'com net org edu gov mil int info biz xyz top online site club shop store icu vip live pro tech cloud space website fun press mobi asia onion arpa'.split(
    ' ',
  ),
)

/** DOS programs with a domain's name. */
const PROGRAMS: ReadonlySet<string> = new Set([
  'command.com',
  'cmd.com',
  'eicar.com',
  'more.com',
  'tree.com',
  'format.com',
  'mode.com',
  'chcp.com',
  'edit.com',
  'win.com',
])

/** Service principals: `ec2.amazonaws.com` names a service of the cloud in audit logs, not a host that was reached. */
const SERVICE_PRINCIPAL = /^[a-z0-9-]+\.(?:amazonaws|googleapis)\.com$/

export function isServicePrincipal(name: string): boolean {
  return SERVICE_PRINCIPAL.test(name)
}

/**
 * Whether a dotted word in running text may be a host name: neighbours, file extensions, code and sentence ends are
 * ruled out. The public suffix is checked later, when the word is made canonical.
 */
export function isBareDomain(text: string, start: number, end: number): boolean {
  if (end - start > 253 || !standsAlone(text, start, end)) return false
  let lastDot = end - 1
  while (lastDot > start && text.charCodeAt(lastDot) !== 46) lastDot -= 1
  if (lastDot === start) return false
  const top = text.slice(lastDot + 1, end)
  if (top.length < 2 || isCapitalised(top)) return false
  return isPlausibleName(text.slice(start, end))
}

/** Names that people put where a real one was taken out. */
const REDACTED = /^(?:x+|y+|z+)(?:\.(?:x+|y+|z+))+$/

export function isRedacted(name: string): boolean {
  return REDACTED.test(name)
}

/** Judged by itself, whatever stands around it. */
const isPlausibleName = memoize((name) => judgeName(name.toLowerCase()), 4096)

function judgeName(word: string): boolean {
  const labels = word.split('.').length
  const top = word.slice(word.lastIndexOf('.') + 1)
  if (word.startsWith('www.') && labels > 2) return true
  if (PROGRAMS.has(word) || isRedacted(word) || isServicePrincipal(word) || word.includes('__')) return false
  if (top === 'com') return true
  if (EXTENSIONS.has(top)) return false
  if (WEAK.has(top)) return labels > 2 && !word.includes('_')
  if (top.length > 2 && !COMMON.has(top) && !top.startsWith('xn--')) return labels > 2 && !word.includes('_')
  return !(labels === 2 && word.includes('_'))
}

/** `System.Net`, `Object.Name`: a capitalised last label is code, not a name; `EVIL.COM` is a name. */
function isCapitalised(top: string): boolean {
  const first = top.charCodeAt(0)
  const second = top.charCodeAt(1)
  return first >= 65 && first <= 90 && second >= 97 && second <= 122
}

/** Not part of a path, a variable, a call or a longer word. */
function standsAlone(text: string, start: number, end: number): boolean {
  const before = text.charCodeAt(start - 1)
  const after = text.charCodeAt(end)
  if (before === 92 || before === 36 || before === 37 || before === 126 || before === 35) return false
  if (before === 47 && text.charCodeAt(start - 2) !== 47) return false
  if (before === 58 && isDriveLetter(text, start - 1)) return false
  if (after === 40 || after === 36 || (after === 92 && !isEscape(text.charCodeAt(end + 1)))) return false
  return !(after === 58 && text.charCodeAt(end + 1) === 58)
}

/** `Host: evil.com\\r\\n`: a line end written out, as appliances log requests. */
function isEscape(code: number): boolean {
  return code === 110 || code === 114 || code === 116
}

function isDriveLetter(text: string, colon: number): boolean {
  return (
    isLetter(text.charCodeAt(colon - 1)) &&
    !isLetter(text.charCodeAt(colon - 2)) &&
    !isDigit(text.charCodeAt(colon - 2))
  )
}
