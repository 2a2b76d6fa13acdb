import { open } from 'node:fs/promises'
import { join } from 'node:path'
import { systemErrorCode } from '../../core/errors.ts'
import type { Look } from './context.ts'
import { ok, skipped, warn, type Result, type Results } from './result.ts'
import { atHome, type OpenHome } from './wazuh-home.ts'
import { countText } from './words.ts'

/** Sentences of Wazuh's own log (4.14, recorded) that tell of lost events; each is written once, or rarely. */
const TROUBLES = [
  {
    text: 'message queue is full',
    seen: 'the log collector has dropped lines: it takes about 500 a second',
    todo: 'Raise logcollector.queue_size in etc/local_internal_options.conf, or use the sink wazuh-queue.',
  },
  {
    text: 'Input queue is full',
    seen: 'analysisd has dropped events: more came than it could take',
    todo: 'Look at <limits><eps> and at the load of the manager; what it drops can never match.',
  },
  {
    text: 'no EPS credits',
    seen: 'analysisd has dropped events: its limit of events per second is too low',
    todo: 'Raise <limits><eps> in ossec.conf; what it drops can never match.',
  },
  {
    text: 'Archive writer queue is full',
    seen: 'lines of archives.json were dropped',
    todo: 'Follow alerts.json beside it: alerts are never dropped there.',
  },
  {
    text: 'Overlong JSON alert',
    seen: 'the integrator passes over alerts of more than 64 KiB: scripts never see them',
    todo: 'Follow alerts.json with a source of type wazuh-file: Tripline reads lines up to 8 MiB.',
  },
] as const
const TAIL_BYTES = 4 * 1024 ** 2

/** What Wazuh itself says about events it has lost. */
export const lookAtWazuhLog: Look = (context) => atHome(context, logResults)

async function logResults({ path }: OpenHome): Promise<Results> {
  const file = join(path, 'logs/ossec.log')
  try {
    const text = await endOf(file)
    const found = TROUBLES.flatMap((trouble): readonly Result[] => {
      const times = text.split(trouble.text).length - 1
      return times === 0 ? [] : [warn(`${trouble.seen} (${countText(times, 'line')})`, trouble.todo, file)]
    })
    return found.length === 0 ? [ok('tells of no lost events', file)] : found
  } catch (error) {
    return [skipped(`cannot be read (${systemErrorCode(error) ?? 'unknown'})`, file)]
  }
}

async function endOf(file: string): Promise<string> {
  const handle = await open(file, 'r')
  try {
    const { size } = await handle.stat()
    const buffer = Buffer.alloc(Math.min(size, TAIL_BYTES))
    const { bytesRead } = await handle.read(buffer, 0, buffer.length, Math.max(0, size - TAIL_BYTES))
    return buffer.toString('latin1', 0, bytesRead)
  } finally {
    await handle.close()
  }
}
