import { z } from 'zod'

/** The first bytes of a file: tells a file from another one that got its inode number later. */
const fingerprint = z.strictObject({
  /** How many bytes are hashed, 256 at most; 0 for a file that was empty. */
  bytes: z.int().min(0).max(256),
  sha256: z.string().max(64),
})

const position = z.strictObject({
  /** Decimal, as 64-bit numbers do not fit JSON's. */
  dev: z.string().max(32),
  ino: z.string().max(32),
  fingerprint,
  /** Bytes before it are done: after a newline, uncompressed. */
  offset: z.int().min(0),
  /** The dated name last known, as an order key; null outside Wazuh's folder layout. */
  dated: z.string().max(32).nullable(),
})

/** A file read to its end; `end` is where that was, `offset` where to go on should it grow again. */
const left = position.extend({ end: z.int().min(0) })

export const fileRecord = z.strictObject({
  path: z.string(),
  /** Null until the path showed a file for the first time. */
  current: position.nullable(),
  finished: z.array(left),
  /** Order key: of files up to it that are not in `finished` nothing is known any more. */
  forgotten: z.string().max(32).default(''),
})

export const checkpoint = z.strictObject({ version: z.literal(1), files: z.array(z.unknown()) })

export type Fingerprint = z.infer<typeof fingerprint>
export type Position = Readonly<z.infer<typeof position>>
export type Left = Readonly<z.infer<typeof left>>
export type FileRecord = Readonly<z.infer<typeof fileRecord>>
