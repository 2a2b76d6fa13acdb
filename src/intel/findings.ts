import type { Finding } from '../telemetry/events/platform.ts'
import { isLoopback } from '../core/loopback.ts'

export function ok(text: string): Finding {
  return { level: 'ok', text }
}

export function problem(level: 'warning' | 'error', text: string, hint?: string): Finding {
  return { level, text, ...(hint === undefined ? {} : { hint }) }
}

/** Whether a secret goes unprotected to a server. */
export function transportFindings(
  { url, tlsVerify }: { readonly url: string; readonly tlsVerify: boolean },
  secret: 'key' | 'token',
): readonly Finding[] {
  const { protocol, hostname } = new URL(url)
  if (protocol === 'http:') {
    if (isLoopback(hostname)) return []
    const hint = `Use https://; anybody on the way can read the ${secret}.`
    return [problem('warning', `the ${secret} is sent without encryption: url begins with http://`, hint)]
  }
  if (tlsVerify) return []
  const hint = 'Set caFile to the certificate of its authority and tlsVerify: true.'
  return [
    problem('warning', 'the certificate of the server is not verified: anybody could stand in for it', hint),
  ]
}
