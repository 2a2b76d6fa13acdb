import { createConnection, createServer } from 'node:net'
import { request } from 'node:http'
import { errorText, systemErrorCode } from '../../core/errors.ts'
import { listenError } from '../../core/listener/listen-error.ts'
import { isRecord, parseJson } from '../../core/json.ts'
import { DEFAULT_PORT } from '../../http/config.ts'
import { checkHttp } from '../check/http.ts'
import { lockHolder, type LockHolder } from '../../store/lock-holder.ts'
import { configured, type ConfiguredContext } from './context.ts'
import { fail, ok, skipped, warn, type Result, type Results } from './result.ts'

type User = LockHolder | { readonly kind: 'unknown'; readonly why: string }

export async function whoUses({ config, clock }: ConfiguredContext): Promise<User> {
  try {
    return await lockHolder(config.stateDir, clock.now())
  } catch (error) {
    return { kind: 'unknown', why: systemErrorCode(error) ?? errorText(error) }
  }
}

/** Where in doubt, it is. */
export function isUsed({ kind }: User): boolean {
  return kind !== 'nobody' && kind !== 'gone'
}

const START = 'systemctl enable --now tripline; why it ended, journalctl -u tripline says.'

/** Whether the daemon runs, by the lock of its state directory. */
export const lookAtDaemon = configured(async (context): Promise<Results> => {
  return [daemonResult(await whoUses(context), context.config.stateDir)]
})

function daemonResult(user: User, stateDir: string): Result {
  if (user.kind === 'unknown') return skipped(`the lock in ${stateDir} may not be read (${user.why})`)
  if (user.kind === 'nobody') return warn(`it does not run: nobody uses ${stateDir}`, START)
  const { pid, host } = user.process
  if (user.kind === 'gone')
    return warn(`it does not run: process ${pid} has ended without clearing up`, START)
  const where = user.kind === 'running' ? '' : ` in another container or on another machine, ${host}`
  return ok(`it runs${where}: process ${pid} uses ${stateDir}`)
}

/** Its certificate, and the page of a daemon that runs, or the port that it will want. */
export const lookAtStatusPage = configured(async (context, signal): Promise<Results> => {
  const { enabled, host, tls } = context.config.http
  const { port = DEFAULT_PORT } = context.config.http
  if (!enabled) return [skipped('switched off (http.enabled: false)')]
  const found = await checkHttp('http', { host, port, tls })
  const broken = found.level === 'error' ? [fail(found.text, found.hint ?? 'See the page named here.')] : []
  return [...broken, ...(await lookAtPort(context, signal))]
})

async function lookAtPort(context: ConfiguredContext, signal: AbortSignal): Promise<Results> {
  const { host, tls, port = DEFAULT_PORT } = context.config.http
  if (port === 0) return [skipped('it takes any port that is free (http.port: 0)')]
  const at = { host: reachable(host), port }
  const user = await whoUses(context)
  if (!isUsed(user)) return [await freePort('http', { host, port }, context.config.http.port !== undefined)]
  if (tls !== undefined) {
    const reached = await connects(at, signal)
    return [reached ? ok(`${nameOf(at)} takes connections, with TLS`) : unreached(at)]
  }
  const answer = await ready(at, signal)
  if (answer !== undefined) return [readyResult(at, answer)]
  if (user.kind === 'running') return [unreached(at)]
  return [skipped(`nobody answers at ${nameOf(at)}; whether the daemon runs here is not known`)]
}

interface At {
  readonly host: string
  readonly port: number
}

/** All addresses are no address to ask at. */
function reachable(host: string): string {
  if (host === '0.0.0.0') return '127.0.0.1'
  return host === '::' ? '::1' : host
}

function nameOf({ host, port }: At): string {
  return host.includes(':') ? `[${host}]:${port}` : `${host}:${port}`
}

function unreached(at: At): Result {
  return warn(
    `the daemon runs, and nobody answers at ${nameOf(at)}`,
    'The daemon may have been started with other settings, or the port was taken: journalctl -u tripline. Restart it.',
  )
}

const MAX_ANSWER = 256 * 1024

/** `/readyz`, without a token: the port may be that of somebody else. */
function ready({ host, port }: At, signal: AbortSignal): Promise<string | undefined> {
  return new Promise((resolve) => {
    const asked = request({ host, port, path: '/readyz', signal, timeout: 5000, agent: false })
    asked.on('timeout', () => asked.destroy())
    asked.on('error', () => resolve(undefined))
    asked.on('response', (response) => {
      let body = ''
      response.setEncoding('utf8').on('data', (piece: string) => {
        if (body.length < MAX_ANSWER) body += piece
      })
      response.on('end', () => resolve(body)).on('error', () => resolve(undefined))
    })
    asked.end()
  })
}

function readyResult(at: At, body: string): Result {
  const answer = parseJson(body)
  const status = isRecord(answer) ? answer['status'] : undefined
  const parts: readonly unknown[] =
    isRecord(answer) && Array.isArray(answer['components']) ? answer['components'] : []
  const troubles = parts.flatMap((part) =>
    isRecord(part) && part['state'] !== 'ok'
      ? [
          [part['component'], part['state'], part['reason']]
            .filter((text) => typeof text === 'string')
            .join(' '),
        ]
      : [],
  )
  const told = troubles.length === 0 ? '' : `: ${troubles.join('; ')}`
  const todo = 'Look at the status page, and into journalctl -u tripline; the other checks may say why.'
  if (status === 'ok') return ok(`${nameOf(at)} says that all is well`)
  if (status === 'failed') return fail(`the daemon says that it has failed${told}`, todo)
  if (status === 'degraded' || status === 'starting') return warn(`the daemon says ${status}${told}`, todo)
  return warn(
    `the daemon runs, and another program answers at ${nameOf(at)}`,
    'Set another `http.port`, or end that program: ss -ltnp names it.',
  )
}

function connects({ host, port }: At, signal: AbortSignal): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = createConnection({ host, port, signal, timeout: 5000 })
    const end = (reached: boolean): void => {
      socket.destroy()
      resolve(reached)
    }
    socket.on('connect', () => end(true)).on('timeout', () => end(false))
    socket.on('error', () => end(false))
  })
}

/** Taken for a moment and given back. A port that was set and is taken ends the start of the daemon; the default one does not. */
export async function freePort(section: string, at: At, isSet: boolean): Promise<Result> {
  try {
    await new Promise<void>((resolve, reject) => {
      const server = createServer()
      server.on('error', reject)
      server.listen(at.port, at.host, () => server.close(() => resolve()))
    })
    return ok(`${nameOf(at)} is free`)
  } catch (error) {
    const { message, hint = 'Set another port.' } = listenError(section, at, error)
    return isSet ? fail(message, hint) : warn(message, hint)
  }
}
