/**
 * PowerShell takes a script as base64 of UTF-16LE after `-EncodedCommand` or any prefix of it down to `-e`
 * (about_PowerShell_exe), case ignored. Attackers use it to hide addresses from exactly this search.
 */
const ENCODED_COMMAND =
  /[\s"']-e(?:c|n|nc|nco|ncod|ncode|ncoded|ncodedc[a-z]{0,6})?\s{1,4}["']?([A-Za-z0-9+/]{24,65536}={0,2})/gi

const NONE: readonly string[] = []
/** The option and the shortest payload. */
const MIN_LENGTH = 28

/** The scripts hidden in a command line; empty for nearly every text, after one look for a `-e`. */
export function encodedCommands(text: string): readonly string[] {
  if (text.length < MIN_LENGTH || (!text.includes('-e') && !text.includes('-E'))) return NONE
  const scripts: string[] = []
  for (const [, payload = ''] of text.matchAll(ENCODED_COMMAND)) {
    const bytes = Buffer.from(payload, 'base64')
    if (isUtf16(bytes)) scripts.push(bytes.toString('utf16le'))
  }
  return scripts
}

/** Latin text in UTF-16LE has a zero in most odd places. */
function isUtf16(bytes: Buffer): boolean {
  let zeros = 0
  for (let at = 1; at < bytes.length; at += 2) if (bytes[at] === 0) zeros += 1
  return zeros * 4 > bytes.length
}
