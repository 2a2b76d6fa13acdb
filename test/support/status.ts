import type { Cli } from './cli.ts'

/** Where a daemon serves its metrics and its page: `http://127.0.0.1:<port>`. Its settings have `http: { port: 0 }`. */
export async function statusUrl(daemon: Cli): Promise<string> {
  const { port } = await daemon.logged('Metrics, health and the status page are served')
  return `http://127.0.0.1:${String(port)}`
}

export interface Answered {
  readonly status: number
  readonly body: string
}

export async function get(url: string, headers: Readonly<Record<string, string>> = {}): Promise<Answered> {
  const response = await fetch(url, { headers })
  return { status: response.status, body: await response.text() }
}
