import type { SharedLimits, Turn } from '../../core/ports.ts'
import type { RedisClient } from './client.ts'

/**
 * KEYS: the bucket. ARGV: spacing, burst, window, the furthest start that may be given out, the wait that is worth it.
 * The bucket is «begin of the window, starts in it, earliest next start», in milliseconds of the server's clock. What lies further
 * ahead than these limits ever put it (a foreign value, a clock that was set back) counts as damaged.
 */
const SCRIPT = `
local time = redis.call('TIME')
local now = time[1] * 1000 + math.floor(time[2] / 1000)
local spacing, burst, window = tonumber(ARGV[1]), tonumber(ARGV[2]), tonumber(ARGV[3])
local furthest, worthIt = tonumber(ARGV[4]), tonumber(ARGV[5])
local from, starts, free, damaged = now, 0, now, 0
local kept = redis.pcall('GET', KEYS[1])
if kept then
  local a, b, c
  if type(kept) == 'string' and #kept < 64 then a, b, c = string.match(kept, '^(%d+) (%d+) (%d+)$') end
  a, b, c = tonumber(a), tonumber(b), tonumber(c)
  if c and a <= now + furthest and b <= burst and c <= now + furthest + spacing then
    from, starts, free = a, b, c
  else
    damaged = 1
  end
end
local start = math.max(now, free)
if start >= from + window then from, starts = start, 0 end
if starts >= burst then
  from, starts = from + window, 0
  start = math.max(start, from)
end
local wait = start - now
if wait > worthIt then return { 0, wait, damaged } end
local next = start + spacing
local bucket = string.format('%.0f %d %.0f', from, starts + 1, next)
redis.call('SET', KEYS[1], bucket, 'PX', math.max(1, math.max(from + window, next) - now))
return { 1, wait, damaged }
`

/** One step of the server, so that no two nodes get the same start. Undefined: an answer that none of ours gives. */
export async function takeTurn(
  client: RedisClient,
  key: string,
  limits: SharedLimits,
  leftMs: number,
): Promise<Turn | undefined> {
  const { spacingMs, burst, windowMs, maxWaitMs } = limits
  const numbers = [spacingMs, burst, windowMs, maxWaitMs, Math.max(0, Math.min(leftMs, maxWaitMs))]
  const reply: unknown = await client.eval(SCRIPT, {
    keys: [key],
    arguments: numbers.map((each) => String(Math.floor(each))),
  })
  if (!Array.isArray(reply)) return undefined
  const [granted, waitMs, damaged] = reply.map(Number)
  if (waitMs === undefined || !(waitMs >= 0 && Number.isFinite(waitMs))) return undefined
  // Nobody sleeps for longer than was asked for, whatever a server says.
  if (granted === 1 && waitMs > maxWaitMs) return undefined
  return { granted: granted === 1, waitMs, ...(damaged === 1 ? { damaged: true } : {}) }
}
