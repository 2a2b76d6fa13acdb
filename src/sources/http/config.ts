import { z } from 'zod'
import { duration, secret, size } from '../../core/config-types.ts'

const tlsConfig = z
  .strictObject({
    certFile: z
      .string()
      .min(1)
      .describe('Certificate in PEM form, with the certificates of the authorities between behind it.'),
    keyFile: z.string().min(1).describe('Private key of it in PEM form, without a passphrase.'),
  })
  .describe('Serves https. The files are read at the start.')

export const httpConfig = z
  .strictObject({
    type: z.literal('http'),
    host: z
      .string()
      .min(1)
      .default('127.0.0.1')
      .describe(
        'Address to listen on. `::` or `0.0.0.0` for all of the machine: then with `tls`, or behind a proxy.',
      ),
    port: z.int().min(0).max(65_535).default(8480).describe('TCP port; 0 for any that is free.'),
    token: secret().describe('What senders have to show: `Authorization: Bearer <token>`.'),
    secondToken: secret()
      .optional()
      .describe('A token that is taken, too, while senders change from one to the other.'),
    tls: tlsConfig.optional(),
    maxBodyBytes: size('16MiB').describe(
      'Most bytes of one request, unpacked. Larger ones are refused, and their senders drop them: keep it above their batches.',
    ),
    maxBufferedBytes: size('64MiB').describe(
      'Most bytes of all requests that are received at a time; further ones are read when there is room.',
    ),
    maxConnections: z.int().min(1).max(65_535).default(256).describe('Further connections are closed.'),
    headerTimeout: duration('10s').describe('Longest time for the headers of a request.'),
    requestTimeout: duration('60s').describe('Longest time for a whole request to arrive.'),
    maxWaitingAlerts: z
      .int()
      .min(1)
      .max(100_000_000)
      .default(1_000_000)
      .describe('With so many alerts waiting on the disk, senders are told to come again later.'),
    maxWaitingBytes: size('1GiB').describe('The same for their bytes.'),
    batchAlerts: z.int().min(1).max(10_000).default(256).describe('Most alerts in one batch.'),
  })
  .describe(
    'Takes alerts by HTTP: `POST /alerts`, from notification channels of Wazuh 5, Vector, Fluent Bit, Logstash and others (docs/http-source.md).',
  )

export type HttpConfig = z.infer<typeof httpConfig>
