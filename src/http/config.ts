import { z } from 'zod'
import { secret } from '../core/config-types.ts'

/** The port that exporters of OpenTelemetry use by default; not among those that Wazuh 4 and 5 listen on. */
export const DEFAULT_PORT = 9464

const tlsConfig = z
  .strictObject({
    certFile: z
      .string()
      .min(1)
      .describe('Certificate in PEM form, with the certificates of the authorities between behind it.'),
    keyFile: z.string().min(1).describe('Private key of it in PEM form, without a passphrase.'),
  })
  .describe('Serves https. The files are read at the start.')

export const statusConfig = z
  .strictObject({
    enabled: z.boolean().default(true).describe('Whether anything is served.'),
    host: z
      .string()
      .min(1)
      .default('127.0.0.1')
      .describe(
        'Address to listen on. Any other than loopback needs a `token`, and should have `tls` or a proxy.',
      ),
    port: z
      .int()
      .min(0)
      .max(65_535)
      .optional()
      .describe(
        `TCP port; 0 for any that is free. ${DEFAULT_PORT} when not given: if that is taken, a warning says so and it is tried again, while a port given here that is taken is an error at the start.`,
      ),
    token: secret()
      .optional()
      .describe(
        'What has to be shown for everything but the health probes: `Authorization: Bearer <token>`, or in a browser as password, with any user name.',
      ),
    tls: tlsConfig.optional(),
    maxConnections: z.int().min(4).max(10_000).default(64).describe('Further connections are closed.'),
    keepMatches: z
      .int()
      .min(1)
      .max(5000)
      .default(500)
      .describe('Matches that the status page shows: the newest, in memory, at most 8 MiB of them.'),
  })
  .describe('Metrics, health probes and the status page (docs/status-page.md).')

export type StatusConfig = Readonly<z.infer<typeof statusConfig>>
