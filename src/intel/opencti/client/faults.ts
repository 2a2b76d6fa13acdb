import { AppError, type ErrorCode } from '../../../core/errors.ts'
import { graphQlError } from './schema.ts'

interface Meaning {
  readonly code: ErrorCode
  readonly text: string
  readonly hint: string
}

const TOKEN: Meaning = {
  code: 'PROVIDER_REFUSED',
  text: 'OpenCTI refuses the token',
  hint: 'It may be wrong or expired, its user disabled or without organization, or (from 7.260224 on) the role may lack "Use API tokens" (APIACCESS_USETOKEN): OpenCTI does not say which.',
}
const RIGHT: Meaning = {
  code: 'PROVIDER_REFUSED',
  text: 'OpenCTI does not allow this to the user of the token',
  hint: 'Look-ups need the capability "Access knowledge", a stream "Access data sharing", sightings "Create / update knowledge".',
}
const LOGIN: Meaning = {
  code: 'PROVIDER_REFUSED',
  text: 'OpenCTI wants the user of the token to log in once',
  hint: 'Log in as that user and do what is asked for there, or use a service user.',
}
const QUESTION: Meaning = {
  code: 'PROVIDER_UNSUPPORTED',
  text: 'OpenCTI does not understand what it is asked',
  hint: 'Is it release 5.12.24 or later? If it is, this is a defect of Tripline: please report it with the release.',
}
const SEARCH: Meaning = {
  code: 'PROVIDER_OVERLOADED',
  text: 'The search engine of OpenCTI could not answer',
  hint: 'Too much was asked for at once, or Elasticsearch is in trouble: its logs say more. A smaller batchSize may help.',
}
const LOCKED: Meaning = {
  code: 'PROVIDER_OVERLOADED',
  text: 'OpenCTI is busy with the same objects',
  hint: 'It is tried again.',
}
const DRAFT: Meaning = {
  code: 'PROVIDER_REFUSED',
  text: 'The user of the token stands in a draft workspace that is gone',
  hint: 'Use a service user that nobody works with.',
}
const ADDRESS: Meaning = {
  code: 'PROVIDER_REFUSED',
  text: 'OpenCTI refuses the address of this machine',
  hint: 'Add it to the allowed addresses in the settings of OpenCTI.',
}
const UNFIT: Meaning = {
  code: 'PROVIDER_UNSUPPORTED',
  text: 'OpenCTI refuses what it was sent',
  hint: 'Its logs say more.',
}

/** By `extensions.code`, or `name` up to 6.2.12 (OpenCTI 5.12 to 7.260817, `src/config/errors.js`). */
const MEANINGS: ReadonlyMap<string, Meaning> = new Map([
  ['AUTH_REQUIRED', TOKEN],
  ['AUTH_FAILURE', TOKEN],
  ['ACCESS_REQUIRED', RIGHT],
  ['FORBIDDEN_ACCESS', RIGHT],
  ['OTP_REQUIRED', LOGIN],
  ['OTP_REQUIRED_ACTIVATION', LOGIN],
  ['PASSWORD_CHANGE_REQUIRED', LOGIN],
  ['LTS_REQUIRED_ACTIVATION', LOGIN],
  ['IP_FORBIDDEN', ADDRESS],
  ['DRAFT_LOCKED', DRAFT],
  ['UNSUPPORTED_ERROR', QUESTION],
  ['GRAPHQL_VALIDATION_FAILED', QUESTION],
  ['GRAPHQL_PARSE_FAILED', QUESTION],
  ['BAD_USER_INPUT', QUESTION],
  ['BAD_REQUEST', QUESTION],
  ['COMPLEX_SEARCH_ERROR', SEARCH],
  ['DATABASE_ERROR', SEARCH],
  ['LOCK_ERROR', LOCKED],
  ['FUNCTIONAL_ERROR', UNFIT],
  [
    'VALIDATION_ERROR',
    {
      ...UNFIT,
      hint: 'An attribute may have been made mandatory in the settings of OpenCTI; its logs say more.',
    },
  ],
  [
    'MISSING_REFERENCE_ERROR',
    { ...UNFIT, text: 'OpenCTI does not know, or does not show, an object that was named' },
  ],
  [
    'RESOURCE_NOT_FOUND',
    { ...UNFIT, text: 'OpenCTI does not know, or does not show, an object that was named' },
  ],
  ['ALREADY_DELETED_ERROR', { ...UNFIT, text: 'OpenCTI has deleted an object that was named' }],
])

const CONFIDENCE: Meaning = {
  code: 'PROVIDER_REFUSED',
  text: 'The user of the token has no maximum confidence level, so OpenCTI lets it create nothing',
  hint: 'Set "Max confidence level" of the user or of a group it is in (Settings > Security).',
}

/** What OpenCTI itself called the trouble, as `cause` of the AppError. */
class OpenCtiFault extends Error {
  readonly code: string
  constructor(code: string) {
    super(`OpenCTI answered ${code}`)
    this.name = 'OpenCtiFault'
    this.code = code
  }
}

/** OpenCTI's own code of an error; undefined for every other error. */
export function faultCode(error: unknown): string | undefined {
  return error instanceof AppError && error.cause instanceof OpenCtiFault ? error.cause.code : undefined
}

/**
 * The error for what an answer's `errors` says. Its messages are compared, never shown: they may repeat what was sent. Of
 * several the first known one counts.
 */
export function faultOf(errors: readonly unknown[]): AppError {
  const said = errors.slice(0, 20).flatMap((one) => {
    const { data } = graphQlError.safeParse(one)
    const code = data?.extensions?.code ?? data?.name
    return code === undefined ? [] : [{ code, message: data?.message ?? '' }]
  })
  const first = said.find(({ code }) => MEANINGS.has(code)) ?? said[0]
  const { code, text, hint } = meaningOf(first)
  const cause = new OpenCtiFault(first === undefined ? 'UNKNOWN_ERROR' : printableCode(first.code))
  return new AppError(code, `${text} (${cause.code})`, { hint, cause })
}

function meaningOf(said: { readonly code: string; readonly message: string } | undefined): Meaning {
  if (said === undefined) return SEARCH_UNKNOWN
  if (/no effective max confidence level/i.test(said.message)) return CONFIDENCE
  return MEANINGS.get(said.code) ?? SEARCH_UNKNOWN
}

const SEARCH_UNKNOWN: Meaning = {
  code: 'PROVIDER_OVERLOADED',
  text: 'OpenCTI had an internal error',
  hint: 'Its logs say more.',
}

function printableCode(code: string): string {
  return /^[A-Z][A-Z0-9_]{0,60}$/.test(code) ? code : 'UNKNOWN_ERROR'
}
