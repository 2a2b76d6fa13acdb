import { AppError } from '../../core/errors.ts'
import { readCertificate } from '../../core/listener/tls.ts'
import { isLoopback } from '../../core/loopback.ts'
import type { HttpConfig } from '../../sources/http/config.ts'
import { ok, type Finding } from './finding.ts'

/** Who listens: its certificate, and who can read along. The port is not tried: the daemon may have it now. */
export async function checkHttp(
  subject: string,
  { host, port, tls }: Pick<HttpConfig, 'host' | 'port' | 'tls'>,
): Promise<Finding> {
  if (tls === undefined) {
    const text = `listens on ${host}, port ${port}, without TLS`
    if (isLoopback(host)) return ok(subject, text)
    const hint =
      'Set `tls`, or listen on 127.0.0.1 behind a proxy that does it: alerts and the token come unencrypted.'
    return { level: 'warning', subject, text, hint }
  }
  try {
    await readCertificate(subject, tls)
    return ok(subject, `listens on ${host}, port ${port}, with TLS`)
  } catch (error) {
    if (!(error instanceof AppError)) throw error
    const { message, hint } = error
    return { level: 'error', subject, text: message, ...(hint === undefined ? {} : { hint }) }
  }
}
