import { inspect } from 'node:util'
import { errors } from 'undici'
import { describe, expect, it } from 'vitest'
import { AppError } from '../../core/errors.ts'
import { httpError } from './errors.ts'

const SERVER = 'misp.example.org:8443'

function withCode(code: string, cause?: unknown): Error {
  return Object.assign(new Error('PLANTED', { cause }), { code })
}

describe('httpError', () => {
  it.each([
    ['ENOTFOUND', 'PROVIDER_UNREACHABLE', 'DNS'],
    ['EAI_AGAIN', 'PROVIDER_UNREACHABLE', 'DNS'],
    ['ECONNREFUSED', 'PROVIDER_UNREACHABLE', 'refuses'],
    ['ECONNRESET', 'PROVIDER_UNREACHABLE', 'closed'],
    ['EHOSTUNREACH', 'PROVIDER_UNREACHABLE', 'route'],
    ['UND_ERR_CONNECT_TIMEOUT', 'PROVIDER_UNREACHABLE', 'in time'],
    ['UND_ERR_SOCKET', 'PROVIDER_UNREACHABLE', 'closed'],
    ['DEPTH_ZERO_SELF_SIGNED_CERT', 'PROVIDER_UNTRUSTED', 'signed by itself'],
    ['SELF_SIGNED_CERT_IN_CHAIN', 'PROVIDER_UNTRUSTED', 'signed by itself'],
    ['UNABLE_TO_VERIFY_LEAF_SIGNATURE', 'PROVIDER_UNTRUSTED', 'authority'],
    ['CERT_HAS_EXPIRED', 'PROVIDER_UNTRUSTED', 'not valid today'],
    ['ERR_TLS_CERT_ALTNAME_INVALID', 'PROVIDER_UNTRUSTED', 'another name'],
    ['ERR_SSL_WRONG_VERSION_NUMBER', 'PROVIDER_UNREACHABLE', 'encrypted'],
    ['HPE_INVALID_CONSTANT', 'PROVIDER_MALFORMED', 'HTTP'],
    ['Z_DATA_ERROR', 'PROVIDER_MALFORMED', 'compression'],
    ['UND_ERR_ABORTED', 'PROVIDER_UNREACHABLE', 'proxy'],
    ['ESOMETHING', 'PROVIDER_UNREACHABLE', 'could not be asked'],
    ['__proto__', 'PROVIDER_UNREACHABLE', 'could not be asked'],
  ])('%s becomes %s', (code, appCode, words) => {
    const error = httpError(withCode(code), SERVER)
    expect(error.code).toBe(appCode)
    expect(error.message).toContain(words)
    expect(error.message).toContain(SERVER)
    expect(error.message).toContain(`(${code})`)
    expect(error.hint).toBeDefined()
  })

  it('says how to trust a certificate that is signed by itself', () => {
    expect(httpError(withCode('DEPTH_ZERO_SELF_SIGNED_CERT'), SERVER).hint).toContain('caFile')
  })

  it('looks below what undici wraps around it', () => {
    const wrapped = withCode('UND_ERR_PRX_TLS', withCode('CERT_HAS_EXPIRED'))
    expect(httpError(wrapped, SERVER).code).toBe('PROVIDER_UNTRUSTED')
  })

  it('leaves an AppError as it is, and bears things that are no error', () => {
    const own = new AppError('PROVIDER_OVERLOADED', 'too long')
    expect(httpError(own, SERVER)).toBe(own)
    expect(httpError('PLANTED', SERVER).code).toBe('PROVIDER_UNREACHABLE')
  })

  it('shows nothing of the request or the answer', () => {
    const parser = Object.assign(new errors.HTTPParserError('bad'), { data: 'PLANTED' })
    for (const cause of [parser, withCode('ECONNRESET'), 'PLANTED', new Error('PLANTED')]) {
      const shown = inspect(httpError(cause, SERVER), { depth: 10, showHidden: true })
      expect(shown).not.toContain('PLANTED')
    }
  })
})
