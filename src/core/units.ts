const DURATION_MS = { ms: 1, s: 1000, m: 60_000, h: 3_600_000, d: 86_400_000 } as const
const SIZE_BYTES = {
  B: 1,
  KiB: 1024,
  MiB: 1024 ** 2,
  GiB: 1024 ** 3,
  kB: 1000,
  KB: 1000,
  MB: 1e6,
  GB: 1e9,
} as const

function parseWithUnit(text: string, units: Readonly<Record<string, number>>): number | undefined {
  const parts = /^(\d{1,15}(?:\.\d{1,6})?) ?([A-Za-z]{1,3})$/.exec(text.trim())
  const factor = units[parts?.[2] ?? '']
  return parts === null || factor === undefined ? undefined : Math.round(Number(parts[1]) * factor)
}

/** `250ms`, `30s`, `10m`, `24h`, `7d` → milliseconds; undefined when the text is not a duration. */
export function parseDuration(text: string): number | undefined {
  return parseWithUnit(text, DURATION_MS)
}

/** `512B`, `64KiB`, `8MiB`, `1GiB` (and kB, MB, GB, powers of 1000) → bytes; undefined when it is not a size. */
export function parseSize(text: string): number | undefined {
  return parseWithUnit(text, SIZE_BYTES)
}

/** Milliseconds → the shortest exact text `parseDuration` reads back. */
export function formatDuration(ms: number): string {
  for (const unit of ['d', 'h', 'm', 's'] as const) {
    if (ms !== 0 && ms % DURATION_MS[unit] === 0) return `${ms / DURATION_MS[unit]}${unit}`
  }
  return `${ms}ms`
}

/** Bytes → the shortest exact text `parseSize` reads back. */
export function formatSize(bytes: number): string {
  for (const unit of ['GiB', 'MiB', 'KiB'] as const) {
    if (bytes !== 0 && bytes % SIZE_BYTES[unit] === 0) return `${bytes / SIZE_BYTES[unit]}${unit}`
  }
  return `${bytes}B`
}
