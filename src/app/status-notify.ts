import type { Clock } from '../core/clock.ts'
import { errorText } from '../core/errors.ts'
import { onAbort } from '../core/abort.ts'
import { loadDatagrams, type OpenSocket } from '../sinks/wazuh-queue/native.ts'
import type { StatusEvents } from '../telemetry/events/status.ts'
import { createNotifyProgram, type NotifyWay } from './notify-program.ts'

export interface Systemd {
  /** All components are started: the unit counts as active. */
  started(): void
  close(): Promise<void>
}

export interface NotifyOptions {
  readonly env: Readonly<Record<string, string | undefined>>
  readonly clock: Clock
  readonly events: Pick<StatusEvents, 'notifyUnusable' | 'notifyByProgram'>
  /** Begins the stop. */
  readonly stop: AbortSignal
  readonly load?: () => Promise<OpenSocket>
}

const NOBODY: Systemd = { started: () => undefined, close: async () => undefined }

/**
 * Tells systemd that Tripline has started, stops, and is alive: sd_notify(3) and sd_watchdog_enabled(3), version 252. The alive
 * messages come from the same loop that does the work: where it hangs, they end. Does nothing without `NOTIFY_SOCKET`; where it
 * cannot tell, that is told once, and systemd does what its unit says.
 */
export async function notifySystemd(options: NotifyOptions): Promise<Systemd> {
  const { env, clock, stop } = options
  const path = env['NOTIFY_SOCKET']
  if (path === undefined || path === '') return NOBODY
  const way = await wayTo(path, options)
  const ending = new AbortController()
  // Said again with each sign of life: the only one that systemd ends a working unit for may be lost.
  let state = ''
  const alive = sayAlive(env, clock, {
    send: (message) => way.send(`${state}${message}`),
    signal: ending.signal,
  })
  const unlisten = onAbort(stop, () => {
    state = ''
    way.send('STOPPING=1\nSTATUS=Finishing what was read\n')
  })
  return {
    started: () => {
      if (!stop.aborted) state = 'READY=1\n'
      way.send('READY=1\nSTATUS=Reading alerts\n')
    },
    close: async () => {
      unlisten()
      ending.abort()
      await alive
      await way.close()
    },
  }
}

async function wayTo(path: string, { env, events, load = loadDatagrams }: NotifyOptions): Promise<NotifyWay> {
  let told = false
  const onFailure = (problem: string): void => {
    if (!told) events.notifyUnusable(problem)
    told = true
  }
  const byProgram = (reason: string): NotifyWay => {
    events.notifyByProgram(reason)
    return createNotifyProgram({ socket: path, path: env['PATH'] ?? '/usr/bin:/bin', onFailure })
  }
  // Abstract sockets (`@…`) begin with a zero byte, which unix-dgram 2.0.7 takes for the end of the path.
  if (!path.startsWith('/')) return byProgram(`NOTIFY_SOCKET is ${path}, which is no path`)
  try {
    return byDatagram(path, await load(), onFailure)
  } catch (error) {
    return byProgram(errorText(error instanceof Error && error.cause !== undefined ? error.cause : error))
  }
}

function byDatagram(path: string, open: OpenSocket, onFailure: (problem: string) => void): NotifyWay {
  const socket = open()
  return {
    send: (message) => {
      const failure = socket.send(Buffer.from(message), path)
      if (failure !== undefined) onFailure(`Sending to ${path}: ${failure}`)
    },
    close: () => {
      socket.close()
      return Promise.resolve()
    },
  }
}

/** Twice in the time after which systemd ends a process that says nothing, as sd_watchdog_enabled(3) advises. */
async function sayAlive(
  env: NotifyOptions['env'],
  clock: Clock,
  { send, signal }: { readonly send: (message: string) => void; readonly signal: AbortSignal },
): Promise<void> {
  const everyMs = Number(env['WATCHDOG_USEC'] ?? '0') / 1000 / 2
  const isOthers = env['WATCHDOG_PID'] !== undefined && env['WATCHDOG_PID'] !== String(process.pid)
  if (!(everyMs >= 1) || isOthers) return
  while (!signal.aborted) {
    send('WATCHDOG=1\n')
    await clock.sleep(everyMs, signal)
  }
}
