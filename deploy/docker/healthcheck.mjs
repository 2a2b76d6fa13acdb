// Asks the daemon in this container whether it is alive: status 0 when it says so, else 1. Where it serves elsewhere than by
// default, TRIPLINE_HEALTH_URL has the address.
const url = process.env.TRIPLINE_HEALTH_URL ?? 'http://127.0.0.1:9464/healthz'
try {
  const response = await fetch(url, { signal: AbortSignal.timeout(4000), redirect: 'error' })
  process.exitCode = response.ok ? 0 : 1
} catch {
  process.exitCode = 1
}
