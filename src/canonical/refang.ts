/**
 * Undoes what analysts do to make values safe to paste: `hxxp`, `[.]`, `(.)`, `{.}`, `[dot]`, `[:]`, `[@]`, `[at]`,
 * `[://]`, `\.`. Text without a defanging mark comes back as it is, without cost.
 */
export function refang(text: string): string {
  if (!/[[({\\]|xx/i.test(text)) return text
  return text
    .replaceAll(/\[(?:\.|dot)\]|\((?:\.|dot)\)|\{(?:\.|dot)\}|\\\./gi, '.')
    .replaceAll(/\[:\/\/\]/g, '://')
    .replaceAll(/\[:\]/g, ':')
    .replaceAll(/\[\/\]/g, '/')
    .replaceAll(/\[(?:@|at)\]|\((?:@|at)\)/gi, '@')
    .replaceAll(/\bhxxp(s?)(?=:)/gi, 'http$1')
    .replaceAll(/\bfxp(?=:\/\/)/gi, 'ftp')
}
