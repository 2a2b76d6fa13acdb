import { z } from 'zod'
import { duration, size } from '../../core/config-types.ts'
import { deliverySettings } from '../delivery-config.ts'
import { wazuhFormat } from '../wazuh-format.ts'

/** `sun_path` of unix(7) has 108 bytes, the last of them 0; a longer path would be cut without a word. */
const MAX_SOCKET_PATH = 107

/** Analysisd reads an agent out of a location that begins with `[` or `(`, or has `->` in it. */
export const LOCATION = /^[A-Za-z0-9][A-Za-z0-9_./\\:| -]{0,127}$/

const confirmConfig = z
  .strictObject({
    enabled: z
      .boolean()
      .default(false)
      .describe(
        'Whether events are looked for among the alerts. For sources that read `alerts.json` of the same manager, and rules that raise an alert for every event.',
      ),
    timeout: duration('10m').describe(
      'An event that did not come back as an alert by then is sent once more, and counted as unconfirmed when that does not come back either.',
    ),
    maxTracked: z
      .int()
      .min(1)
      .max(1_000_000)
      .default(10_000)
      .describe(
        'Most events that are looked for at a time; further ones are not, nor are those that would take more than 64 MiB with the others.',
      ),
  })
  .describe('Whether events became alerts: the socket itself gives no receipt.')

export const wazuhQueueConfig = z
  .strictObject({
    type: z.literal('wazuh-queue'),
    socket: z
      .string()
      .min(1)
      .refine((path) => Buffer.byteLength(path) <= MAX_SOCKET_PATH, {
        error: `expected a path of at most ${MAX_SOCKET_PATH} bytes`,
      })
      .default('/var/ossec/queue/sockets/queue')
      .describe("Wazuh's queue, a Unix datagram socket of the manager."),
    ...wazuhFormat,
    location: z
      .string()
      .regex(LOCATION)
      .optional()
      .describe("`location` of the alerts. Absent: the name of the event's integration."),
    maxPerSecond: z
      .int()
      .min(1)
      .max(15_000)
      .default(1000)
      .describe(
        'Most events in a second: what has waited is not sent all at once. Wazuh drops what comes too fast without a word; stay below its limit of events per second (`<limits><eps>`), if there is one.',
      ),
    maxQueued: z
      .int()
      .min(1)
      .max(10_000_000)
      .default(100_000)
      .describe(
        'Most events that wait to be sent; at the limit alerts are read no further, nothing is lost.',
      ),
    maxSize: size('256MiB').describe('Most space they take, below `stateDir`; the same at this limit.'),
    fsync: z
      .boolean()
      .default(true)
      .describe(
        'Whether events that wait outlive a power failure. Without it they only outlive the process, and large deliveries are taken faster.',
      ),
    confirm: confirmConfig.prefault({}),
    ...deliverySettings,
  })
  .describe(
    "Matches, and troubles with providers, as events into Wazuh's queue (docs/output.md, deploy/wazuh).",
  )

export type WazuhQueueConfig = z.infer<typeof wazuhQueueConfig>
