import { access, constants, stat } from 'node:fs/promises'
import { errorText, systemErrorCode, toAppError } from '../../core/errors.ts'
import type { WazuhQueueConfig } from './config.ts'
import { queueHint } from './hints.ts'
import { loadDatagrams, type OpenSocket } from './native.ts'

/** One thing that was looked at. */
export interface QueueFinding {
  readonly level: 'ok' | 'warning' | 'error'
  readonly text: string
  readonly hint?: string
}

/** Looks whether events can be sent: the package and the socket. Sends nothing. */
export async function inspectQueue(
  { socket }: WazuhQueueConfig,
  load: () => Promise<OpenSocket> = loadDatagrams,
): Promise<readonly QueueFinding[]> {
  return [...(await packageFindings(load)), await socketFinding(socket)]
}

async function packageFindings(load: () => Promise<OpenSocket>): Promise<readonly QueueFinding[]> {
  try {
    await load()
    return []
  } catch (error) {
    const { message, hint } = toAppError(error)
    return [finding('error', message, hint)]
  }
}

async function socketFinding(path: string): Promise<QueueFinding> {
  try {
    if (!(await stat(path)).isSocket())
      return finding('error', `${path} is no socket`, queueHint('EPROTOTYPE'))
    await access(path, constants.W_OK)
    return finding('ok', `${path} is writable`)
  } catch (error) {
    const code = systemErrorCode(error) ?? ''
    // Wazuh may be stopped: events wait for it.
    if (code === 'ENOENT') return finding('warning', `${path} is not there`, queueHint(code))
    if (code === 'EACCES') return finding('error', `no permission to write to ${path}`, queueHint(code))
    return finding('error', `${path}: ${errorText(error)}`, queueHint(code))
  }
}

function finding(level: QueueFinding['level'], text: string, hint?: string): QueueFinding {
  return hint === undefined ? { level, text } : { level, text, hint }
}
