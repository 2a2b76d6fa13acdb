/**
 * LIKE (§9.6.1): `%` is any text, `_` any character; everything else stands for itself, composed after Unicode NFC. No more steps
 * than the lengths of the two multiplied: it goes back to the last `%` only.
 */
export function createLike(pattern: string): (value: string) => boolean {
  const signs = Array.from(pattern.normalize('NFC'))
  return (value) => isLike(signs, Array.from(value.normalize('NFC')))
}

function isLike(signs: readonly string[], value: readonly string[]): boolean {
  let sign = 0
  let at = 0
  /** Behind the last `%`, and where what it leaves out ends. */
  let resume: { readonly sign: number; at: number } | undefined
  while (at < value.length) {
    if (signs[sign] === '%') {
      sign += 1
      resume = { sign, at }
    } else if (sign < signs.length && (signs[sign] === '_' || signs[sign] === value[at])) {
      sign += 1
      at += 1
    } else if (resume === undefined) return false
    else {
      resume.at += 1
      sign = resume.sign
      at = resume.at
    }
  }
  while (signs[sign] === '%') sign += 1
  return sign === signs.length
}
