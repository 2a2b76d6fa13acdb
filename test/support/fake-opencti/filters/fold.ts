/**
 * How the search engine's keyword fields compare: letter case and accents do not count, everything else does
 * (`lowercase` and `asciifolding` of OpenCTI's normalizer).
 */
export function fold(text: string): string {
  if (PLAIN.test(text)) return text.toLowerCase()
  const bare = text.normalize('NFKD').replace(MARKS, '')
  return bare.replace(LETTERS, (letter) => FOLDED[letter] ?? letter).toLowerCase()
}

/** A stored text that is longer is not in the index: nothing equals it (`ignore_above`, in UTF-16 units). */
export const LONGEST_KEYWORD = 512

const PLAIN = /^[ -~]*$/
const MARKS = /\p{Mn}/gu
const LETTERS = /[ßæœøđłÆŒØĐŁ]/g
const FOLDED: Readonly<Record<string, string>> = {
  ß: 'ss',
  æ: 'ae',
  Æ: 'AE',
  œ: 'oe',
  Œ: 'OE',
  ø: 'o',
  Ø: 'O',
  đ: 'd',
  Đ: 'D',
  ł: 'l',
  Ł: 'L',
}
