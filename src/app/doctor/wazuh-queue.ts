import { readTextFile } from '../../config/files.ts'
import { queueHint } from '../../sinks/wazuh-queue/hints.ts'
import { inspectQueue } from '../../sinks/wazuh-queue/inspect.ts'
import { loadDatagrams } from '../../sinks/wazuh-queue/native.ts'
import type { WazuhQueueConfig } from '../../sinks/wazuh-queue/config.ts'
import { configured, type ConfiguredContext } from './context.ts'
import { blockedAt, groupOf, joinGroup } from './ownership.ts'
import { fail, ok, resultOf, skipped, warn, type Result, type Results } from './result.ts'

export function queueSinks({ config }: ConfiguredContext): readonly (readonly [string, WazuhQueueConfig])[] {
  return Object.entries(config.sinks).flatMap(([id, sink]) =>
    sink.type === 'wazuh-queue' ? [[id, sink] as const] : [],
  )
}

/** The socket, the right to it, and whether somebody reads it: an empty datagram is passed over by analysisd (4.14, recorded). */
export const lookAtQueue = configured(async (context, signal): Promise<Results> => {
  const sinks = queueSinks(context)
  if (sinks.length === 0) return [skipped('no sink of type wazuh-queue')]
  return (await Promise.all(sinks.map(([, sink]) => queueResults(sink, context, signal)))).flat()
})

async function queueResults(
  sink: WazuhQueueConfig,
  { access }: ConfiguredContext,
  signal: AbortSignal,
): Promise<Results> {
  const { socket } = sink
  const found = (await inspectQueue(sink)).map((finding) => resultOf({ subject: socket, ...finding }))
  if (found.some(({ status }) => status !== 'ok')) return found
  const [refusal] = await access.may([{ path: socket, want: 'write' }], signal)
  if (refusal !== undefined) {
    const group = (await groupOf(await blockedAt(socket, access, signal))) ?? 'wazuh'
    return [
      fail(`user ${access.user} may not write to it (${refusal})`, joinGroup(access.user, group), socket),
    ]
  }
  return [...found, await readerResult(socket)]
}

async function readerResult(path: string): Promise<Result> {
  const socket = (await loadDatagrams())()
  try {
    const refusal = socket.send(Buffer.alloc(0), path)
    if (refusal === undefined) return ok('somebody reads it', path)
    const todo = queueHint(refusal) ?? 'Look into /var/ossec/logs/ossec.log.'
    return refusal === 'EAGAIN'
      ? warn('it is full: nobody reads it now', todo, path)
      : fail(`nobody reads it (${refusal})`, todo, path)
  } finally {
    socket.close()
  }
}

const QUEUE_LENGTH = '/proc/sys/net/unix/max_dgram_qlen'
/** Of systemd (since 212: 512); the kernel's own is 10, and a burst of matches is larger. */
const ENOUGH = 64

/** Datagrams that wait for a reader before a sender has to. */
export const lookAtKernel = configured(async (context): Promise<Results> => {
  if (queueSinks(context).length === 0) return [skipped('only a sink of type wazuh-queue needs it')]
  return judgeQueueLength(await readTextFile(QUEUE_LENGTH, 100).catch(() => ''))
})

export function judgeQueueLength(text: string): Results {
  const length = Number.parseInt(text, 10)
  if (Number.isNaN(length)) return [skipped('the system does not tell net.unix.max_dgram_qlen')]
  if (length >= ENOUGH) return [ok(`net.unix.max_dgram_qlen is ${length}`)]
  return [
    warn(
      `net.unix.max_dgram_qlen is ${length}: events wait for Wazuh in small steps`,
      'sysctl -w net.unix.max_dgram_qlen=512, and in /etc/sysctl.d for good. Nothing is lost without.',
    ),
  ]
}
