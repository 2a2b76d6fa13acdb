import type { AppError } from '../../../core/errors.ts'
import type { Check } from '../schema.ts'
import type { PlatformConfig } from '../subject.ts'

type Reach = 'reach' | 'tls' | 'authentication' | 'version'

const IN_ORDER: readonly Reach[] = ['reach', 'tls', 'authentication', 'version']

/** Which check an error belongs to. */
export function failedAt({ code }: Pick<AppError, 'code'>): Reach {
  if (code === 'PROVIDER_UNTRUSTED') return 'tls'
  if (code === 'PROVIDER_REFUSED') return 'authentication'
  return code === 'PROVIDER_UNSUPPORTED' || code === 'PROVIDER_MALFORMED' ? 'version' : 'reach'
}

/** What the first words with a server tell: all is well, or what of it failed. What was not seen is skipped. */
export function reachChecks(
  config: Pick<PlatformConfig, 'url' | 'tlsVerify'>,
  error: Pick<AppError, 'code' | 'message'> | undefined,
): readonly Check[] {
  const failed = error === undefined ? IN_ORDER.length : IN_ORDER.indexOf(failedAt(error))
  return IN_ORDER.map((check, place): Check => {
    if (place === failed)
      return { check, status: 'failed', reason: `${error?.message ?? ''} (${error?.code ?? ''})` }
    const unseen = unseenReason(check, config) ?? (place > failed ? 'not reached' : undefined)
    // A server that is none of ours says nothing about the key.
    const untold = check === 'authentication' && failed === IN_ORDER.indexOf('version')
    const reason = unseen ?? (untold ? 'not told' : undefined)
    return reason === undefined ? { check, status: 'passed' } : { check, status: 'skipped', reason }
  })
}

function unseenReason(
  check: Reach,
  { url, tlsVerify }: Pick<PlatformConfig, 'url' | 'tlsVerify'>,
): string | undefined {
  if (check !== 'tls') return undefined
  if (new URL(url).protocol === 'http:') return 'http: nothing is encrypted'
  return tlsVerify ? undefined : 'the certificate is not verified: tlsVerify is false'
}
