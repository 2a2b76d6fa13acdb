import { z } from 'zod'
import { duration } from '../../core/config-types.ts'

export const redisConfig = z
  .strictObject({
    type: z.literal('redis'),
    host: z.string().min(1).default('redis').describe('Host name of the Redis or Valkey server.'),
    port: z.int().min(1).max(65_535).default(6379).describe('TCP port.'),
    db: z.int().min(0).default(0).describe('Database number.'),
    retryAttempts: z.int().min(0).default(999).describe('Connection attempts before giving up.'),
    retryDelay: duration('2s').describe('Wait between connection attempts.'),
  })
  .describe(
    'State shared by several nodes. Its settings are read and checked; the store comes with a later version.',
  )
