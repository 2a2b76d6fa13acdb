const WHOLE = new Intl.NumberFormat('en', { maximumFractionDigits: 0 })
const SHORT = new Intl.NumberFormat('en', { maximumSignificantDigits: 3 })

export function count(value: number): string {
  return WHOLE.format(value)
}

export function decimal(value: number): string {
  return SHORT.format(value)
}

/** `1.5 MiB`. */
export function bytes(value: number): string {
  const units = ['B', 'KiB', 'MiB', 'GiB', 'TiB']
  const power = value < 1 ? 0 : Math.min(units.length - 1, Math.floor(Math.log2(value) / 10))
  return `${SHORT.format(value / 1024 ** power)} ${units[power] ?? ''}`
}

/** `850 ms`, `12 s`, `3 min`, `2 h`, `5 d`. */
export function duration(seconds: number): string {
  if (seconds === 0) return '0 s'
  if (seconds < 1) return `${SHORT.format(seconds * 1000)} ms`
  if (seconds < 120) return `${SHORT.format(seconds)} s`
  if (seconds < 7200) return `${WHOLE.format(seconds / 60)} min`
  if (seconds < 172_800) return `${WHOLE.format(seconds / 3600)} h`
  return `${WHOLE.format(seconds / 86_400)} d`
}

export function time(at: number): string {
  return new Date(at).toLocaleTimeString('en-GB')
}

export function orDash(value: number | null, format: (value: number) => string): string {
  return value === null ? '–' : format(value)
}
