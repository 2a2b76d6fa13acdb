const UNITS: Readonly<Record<string, number>> = { s: 1, m: 60, h: 3600, d: 86_400, w: 604_800 }

/** Unix seconds, `2d`, or a date; rubbish becomes a moment in the future, which finds nothing. */
export function parseTime(input: unknown, now: number): number {
  if (typeof input === 'number') return input
  const text = String(input)
  if (/^\d+(\.\d+)?$/.test(text)) return Number(text)
  const relative = /^(\d+)\s*([smhdw])$/i.exec(text)
  if (relative !== null) return now - Number(relative[1]) * (UNITS[(relative[2] ?? 's').toLowerCase()] ?? 1)
  const date = Date.parse(text)
  return Number.isNaN(date) ? now + 1 : date / 1000
}

/** A moment means «since»; two mean a range, in either order. Undefined: no filter. */
export function timeTest(input: unknown, now: number): ((seconds: number) => boolean) | undefined {
  if (input === undefined || input === null || input === '' || input === false) return undefined
  if (Array.isArray(input) && input.length >= 2) {
    const [a, b] = [parseTime(input[0], now), parseTime(input[1], now)]
    return (seconds) => seconds >= Math.min(a, b) && seconds <= Math.max(a, b)
  }
  const since = parseTime(Array.isArray(input) ? input[0] : input, now)
  return (seconds) => seconds >= since
}
