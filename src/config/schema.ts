import { z } from 'zod'
import { duration } from '../core/config-types.ts'
import { extractConfig } from '../extract/config.ts'
import { statusConfig } from '../http/config.ts'
import { feedConfig } from '../intel/feed/config.ts'
import { mispConfig } from '../intel/misp/config.ts'
import { openCtiConfig } from '../intel/opencti/config.ts'
import { catchUpConfig, onlineConfig, policyConfig, suppressConfig } from '../pipeline/config.ts'
import { deadLettersConfig } from '../sinks/dead-letters/config.ts'
import { matchLogConfig } from '../sinks/match-log/config.ts'
import { parsedLogConfig } from '../sinks/parsed-log/config.ts'
import { stdoutConfig } from '../sinks/stdout/config.ts'
import { wazuhLogConfig } from '../sinks/wazuh-log/config.ts'
import { wazuhQueueConfig } from '../sinks/wazuh-queue/config.ts'
import { httpConfig } from '../sources/http/config.ts'
import { spoolConfig } from '../sources/spool/config.ts'
import { wazuhFileConfig } from '../sources/wazuh-file/config.ts'
import { lmdbConfig } from '../store/lmdb/config.ts'
import { memoryConfig } from '../store/memory/config.ts'
import { redisConfig } from '../store/redis/config.ts'
import { LOG_LEVELS } from '../telemetry/logger.ts'

/** What runs when a section is not given. Environment variables are applied to these too. */
export const DEFAULT_COMPONENTS = {
  sources: { wazuh: { type: 'wazuh-file' } },
  providers: { feeds: { type: 'feed' } },
  sinks: { matches: { type: 'match-log' }, parsed: { type: 'parsed-log' } },
  store: { type: 'lmdb' },
} as const

/** Ids appear as metric labels, in state keys and in matches: short, and the same in every file system and shell. */
const componentId = z.string().regex(/^[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?$/)

const logConfig = z
  .strictObject({
    level: z.enum(LOG_LEVELS).default('info').describe('The least severe lines that are written.'),
    format: z
      .enum(['auto', 'json', 'text'])
      .default('auto')
      .describe('`json` for machines, `text` for people, `auto`: text on a terminal, else json.'),
  })
  .describe("Tripline's own log, on standard error.")

export const settingsSchema = z
  .strictObject({
    stateDir: z
      .string()
      .min(1)
      .default('/var/lib/tripline')
      .describe(
        'Folder of everything that must survive a restart: checkpoints, caches, the mirror. One process at a time.',
      ),
    log: logConfig.prefault({}),
    shutdownDeadline: duration('10s').describe(
      'Time from the first stop signal to the end of the process; three quarters of it to finish what was begun.',
    ),
    sources: z
      .record(componentId, z.discriminatedUnion('type', [wazuhFileConfig, spoolConfig, httpConfig]))
      .prefault(DEFAULT_COMPONENTS.sources)
      .describe('Where alerts come from.'),
    extract: extractConfig.prefault({}),
    policy: policyConfig.prefault({}),
    suppress: suppressConfig.prefault({}),
    online: onlineConfig.prefault({}),
    catchUp: catchUpConfig.prefault({}),
    providers: z
      .record(componentId, z.discriminatedUnion('type', [feedConfig, mispConfig, openCtiConfig]))
      .prefault(DEFAULT_COMPONENTS.providers)
      .describe('Where indicators come from.'),
    sinks: z
      .record(
        componentId,
        z.discriminatedUnion('type', [
          matchLogConfig,
          parsedLogConfig,
          stdoutConfig,
          wazuhLogConfig,
          wazuhQueueConfig,
        ]),
      )
      .prefault(DEFAULT_COMPONENTS.sinks)
      .describe('Where matches go.'),
    deadLetters: deadLettersConfig.prefault({}),
    store: z
      .discriminatedUnion('type', [lmdbConfig, memoryConfig, redisConfig])
      .prefault(DEFAULT_COMPONENTS.store)
      .describe('Where small durable state lies.'),
    http: statusConfig.prefault({}),
  })
  .describe('Configuration of Tripline.')

/** Everything as written and checked. Durations are milliseconds, sizes bytes, secrets `Secret`. */
export type Settings = z.output<typeof settingsSchema>

/** What the application runs with. */
export type Config = Readonly<Settings>
