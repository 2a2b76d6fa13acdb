const BY_LENGTH = { 32: 'md5', 40: 'sha1', 64: 'sha256', 128: 'sha512' } as const
export type HashType = (typeof BY_LENGTH)[keyof typeof BY_LENGTH]

/** Digests of zero bytes: seen on every host, never an indicator. */
const EMPTY_FILE: ReadonlySet<string> = new Set([
  'd41d8cd98f00b204e9800998ecf8427e',
  'da39a3ee5e6b4b0d3255bfef95601890afd80709',
  'e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855',
  'cf83e1357eefb8bdf1542850d66d8007d620e4050b5715dc83f4a921d36ce9ce47d0d13c5d85f2b0ff8318d2877eec2f63b931bd47417a81a538327af927da3e',
])

/** Hex text of 32, 40, 64 or 128 characters → type and lower-case value; all-equal characters are no digest. */
export function canonicalHash(text: string): { readonly type: HashType; readonly value: string } | undefined {
  const type = hashTypeOfLength(text.length)
  if (type === undefined) return undefined
  const first = text.charCodeAt(0)
  let varied = false
  for (let i = 0; i < text.length; i++) {
    const code = text.charCodeAt(i)
    if (!isHexCode(code)) return undefined
    varied ||= code !== first
  }
  return varied ? { type, value: text.toLowerCase() } : undefined
}

export function hashTypeOfLength(length: number): HashType | undefined {
  return length === 32 || length === 40 || length === 64 || length === 128 ? BY_LENGTH[length] : undefined
}

export function isHexCode(code: number): boolean {
  return (code >= 48 && code <= 57) || (code >= 97 && code <= 102) || (code >= 65 && code <= 70)
}

/** Whether a canonical digest is that of the empty file. */
export function isEmptyFileHash(value: string): boolean {
  return EMPTY_FILE.has(value)
}
