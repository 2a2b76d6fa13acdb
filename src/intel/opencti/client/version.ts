/** `[6, 7, 11]`; OpenCTI 7 writes dates: `[7, 260817, 0]`. */
export type OpenCtiVersion = readonly [major: number, minor: number, patch: number]

/** The first in which labels and markings are lists: one set of documents serves it and all later ones. */
export const OLDEST: OpenCtiVersion = [5, 12, 24]

/** `6.7.11`, `7.260309.0-lts.2`; undefined for what is no version. */
export function parseVersion(text: string): OpenCtiVersion | undefined {
  const found = /^\s*v?(\d{1,9})\.(\d{1,9})(?:\.(\d{1,9}))?(?!\d)/.exec(text)
  return found === null ? undefined : [Number(found[1]), Number(found[2]), Number(found[3] ?? 0)]
}

/** Whether `version` is `other` or a later one. */
export function isAtLeast(version: OpenCtiVersion, other: OpenCtiVersion): boolean {
  for (const [place, number] of other.entries()) {
    const own = version[place] ?? 0
    if (own !== number) return own > number
  }
  return true
}
