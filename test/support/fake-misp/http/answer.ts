/** What an endpoint answers; the server adds what every answer has. */
export interface Answer {
  readonly status: number
  readonly body: string | readonly Buffer[]
  readonly type?: 'application/json' | 'text/html' | 'text/plain' | 'application/xml' | 'text/csv'
  readonly headers?: Readonly<Record<string, string>>
  /** False: refused before a session began, so that there is no cookie. */
  readonly session?: false
}

/** MISP indents by four; clients that call themselves PyMISP or MISP get it in one line. */
export function json(value: unknown, status = 200): Answer {
  return { status, body: `${JSON.stringify(value, null, 4)}\n`.trimEnd(), type: 'application/json' }
}

export function compactJson(value: unknown, status = 200): Answer {
  return { status, body: phpJson(value), type: 'application/json' }
}

/** An error of MISP: the same text twice and the path, slashes escaped as PHP does. */
export function failure(status: number, text: string, url: string): Answer {
  return compactJson({ name: text, message: text, url }, status)
}

/** Rate limits and save errors are indented, and may carry more. */
export function prettyFailure(status: number, text: string, url: string, more: object = {}): Answer {
  return json({ ...more, name: text, message: text, url }, status)
}

function phpJson(value: unknown): string {
  return JSON.stringify(value).replaceAll('/', '\\/')
}

export const TEXTS = {
  authentication:
    'Authentication failed. Please make sure you pass the API key of an API enabled user along in the Authorization header.',
  authenticationShort: 'Authentication failed.',
  disabled: 'Authentication failed. Your user account has been disabled.',
  address: 'It is not possible to use this Auth key from your IP address',
  permission: 'You do not have permission to use this functionality.',
  malformed:
    'Invalid JSON input. Make sure that the JSON input is a correctly formatted JSON string. This request has been blocked to avoid an unfiltered request.',
  getWithoutParameters:
    'Restsearch queries using GET and no parameters are not allowed. If you have passed parameters via a JSON body, make sure you use POST requests.',
  brotli: 'This server doesn&#039;t support brotli compressed requests.',
  internal: 'An Internal Error Has Occurred.',
  rateLimit: 'Rate limit exceeded.',
  noSearch: 'API searches are not allowed for this user role.',
  outputFormat: 'Invalid output format.',
  notFound: 'Not Found',
} as const

const LOGIN_PAGE = [
  '<!DOCTYPE html>',
  '<html lang="en">',
  '<head>',
  '    <meta charset="utf-8">',
  '    <title>Users - MISP</title>',
  '</head>',
  '<body><h4>Login</h4><form action="/users/login" method="post"></form></body>',
  '</html>',
  '',
].join('\n')

export function htmlPage(status: number, body = LOGIN_PAGE): Answer {
  return { status, body, type: 'text/html' }
}

export function redirectToLogin(base: string): Answer {
  return { status: 302, body: '', type: 'text/html', headers: { Location: `${base}/users/login` } }
}
