import { z } from 'zod'
import { duration, secret } from '../../core/config-types.ts'

export const redisConfig = z
  .strictObject({
    type: z.literal('redis'),
    host: z.string().min(1).default('redis').describe('Host name of the Redis or Valkey server.'),
    port: z.int().min(1).max(65_535).default(6379).describe('TCP port.'),
    db: z.int().min(0).default(0).describe('Database number.'),
    username: z
      .string()
      .min(1)
      .optional()
      .describe('ACL user; without one the password is that of `default`.'),
    password: secret().optional().describe('Password of the user.'),
    tls: z.boolean().default(false).describe('Encrypted connection.'),
    tlsVerify: z
      .boolean()
      .default(true)
      .describe('Verify the certificate of the server. `false` is told at each start.'),
    caFile: z
      .string()
      .min(1)
      .optional()
      .describe(
        'PEM file with the certificate of a private authority, trusted for this server beside the usual ones.',
      ),
    keyPrefix: z
      .string()
      .max(64)
      .default('tripline:')
      .describe('Put before every key. Nodes share what they know when it is the same.'),
    timeout: duration('2s').describe('Longest wait for a connection and for an answer.'),
    retryAttempts: z
      .int()
      .min(0)
      .default(999)
      .describe(
        'With `whenDown: wait`: attempts to connect at the start before it is given up. Later, for ever.',
      ),
    retryDelay: duration('2s').describe('Wait between attempts to connect.'),
    whenDown: z
      .enum(['local', 'wait'])
      .default('local')
      .describe(
        '`local`: go on with what this node knows, and tell the server when it is back; a match may be reported by two nodes then. `wait`: stop until it is back. With both each node keeps to the rates by itself meanwhile.',
      ),
  })
  .describe(
    'State shared by several nodes: which matches were reported, answers of providers, the rate of look-ups, and which provider is away. What belongs to one node stays in its `stateDir`. Redis 6.2 or later, or Valkey.',
  )

export type RedisConfig = z.infer<typeof redisConfig>
