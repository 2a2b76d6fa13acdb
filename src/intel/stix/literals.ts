/** STIX 2.1 §9.3.1 and the published grammar: upper-case `T` and `Z`, any number of fraction digits. */
const TIME =
  /^(\d{4}-(?:0[1-9]|1[0-2])-(?:0[1-9]|[12]\d|3[01])T(?:[01]\d|2[0-3]):[0-5]\d:(?:[0-5]\d|60))(?:\.(\d{1,20}))?Z$/

/** A timestamp without needless zeros and its `Z`, so that later ones are greater as text; undefined when it is none. */
export function readTime(text: string): string | undefined {
  const [, seconds, fraction = ''] = TIME.exec(text) ?? []
  if (seconds === undefined) return undefined
  const digits = fraction.replace(/0+$/, '')
  return digits === '' ? seconds : `${seconds}.${digits}`
}

/** The bytes of `h'…'` as characters. */
export function readHex(text: string): string | undefined {
  return text.length % 2 === 0 && /^[0-9a-fA-F]*$/.test(text)
    ? Buffer.from(text, 'hex').toString('latin1')
    : undefined
}

/** The bytes of `b'…'` as characters. */
export function readBase64(text: string): string | undefined {
  return text.length % 4 === 0 && /^[A-Za-z0-9+/]*={0,2}$/.test(text)
    ? Buffer.from(text, 'base64').toString('latin1')
    : undefined
}
