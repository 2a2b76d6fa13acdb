import type { IncomingHttpHeaders } from 'node:http'
import type { Answer } from './answer.ts'
import { failure, htmlPage, redirectToLogin, TEXTS } from './answer.ts'
import type { RequestPath } from './path.ts'
import { ROUTES } from './routes.ts'
import type { User } from './users.ts'
import { USERS } from './users.ts'

export type Admission = { readonly user: User } | { readonly answer: Answer }

/** Whether MISP takes a request for one of a program. The two big searches always are. */
export function isApi(path: RequestPath, headers: IncomingHttpHeaders): boolean {
  const accept = headers.accept ?? ''
  return path.json || ROUTES[path.key]?.search === true || /application\/(json|xml)/.test(accept)
}

/** Browsers are sent to log in; programs need a valid key of somebody who may use the interface. */
export function admit(path: RequestPath, headers: IncomingHttpHeaders, base: string): Admission {
  if (!isApi(path, headers)) {
    return { answer: path.key === 'users/login' ? htmlPage(200) : redirectToLogin(base) }
  }
  const user = USERS.get((headers.authorization ?? '').trim())
  if (user === undefined || user.refusal !== undefined) return { answer: refusal(path, headers, user) }
  return { user }
}

/** Without something that looks like a key, or a cookie, there is no session. */
export function startsSession({ authorization = '', cookie }: IncomingHttpHeaders): boolean {
  return cookie !== undefined || /^[a-zA-Z0-9]{40}$/.test(authorization.trim())
}

function refusal(path: RequestPath, headers: IncomingHttpHeaders, user: User | undefined): Answer {
  if (user?.refusal === 'disabled') return failure(403, TEXTS.disabled, path.url)
  if (user?.refusal === 'address') return failure(403, TEXTS.address, path.url)
  const short = headers['x-requested-with'] === 'XMLHttpRequest'
  const answer = failure(403, short ? TEXTS.authenticationShort : TEXTS.authentication, path.url)
  return startsSession(headers) ? answer : { ...answer, session: false }
}
