/** What is sent back; a session cookie goes with it as long as there is a body of the platform's own. */
export interface Answer {
  readonly status: number
  readonly body: string
  readonly type?: string
  readonly headers?: Readonly<Record<string, string>>
  /** Beside the status, where the platform puts its reason. */
  readonly statusMessage?: string
}

export function json(value: unknown, status = 200): Answer {
  return { status, body: JSON.stringify(value) }
}

const INDEX = [
  '<!doctype html>',
  '<html lang="en"><head><meta charset="utf-8"><title>OpenCTI - Cyber Threat Intelligence Platform</title></head>',
  '<body><noscript>You need to enable JavaScript to run this app.</noscript><div id="root"></div></body></html>',
  '',
].join('\n')

/** The web interface, which any unknown address of it gives. */
export function indexPage(): Answer {
  return { status: 200, body: INDEX, type: 'text/html; charset=utf-8' }
}

export function htmlError(status: number, text: string): Answer {
  const body = `<!DOCTYPE html>\n<html lang="en"><head><title>Error</title></head><body><pre>${text}</pre></body></html>\n`
  return { status, body, type: 'text/html; charset=utf-8' }
}

export function tooMany(seconds?: number): Answer {
  const answer = json({ message: 'Too many requests, please try again later.' }, 429)
  return seconds === undefined ? answer : { ...answer, headers: { 'Retry-After': String(seconds) } }
}
