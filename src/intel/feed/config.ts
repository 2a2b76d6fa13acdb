import { z } from 'zod'
import { duration, size } from '../../core/config-types.ts'
import { TLP } from '../../core/indicator.ts'

const FEED_FORMATS = ['auto', 'plain', 'csv', 'misp', 'stix'] as const
const FEED_TYPES = [
  'auto',
  'ip',
  'ipv4',
  'ipv6',
  'domain',
  'url',
  'email',
  'hash',
  'md5',
  'sha1',
  'sha256',
  'sha512',
] as const

const feed = z
  .strictObject({
    path: z
      .string()
      .min(1)
      .describe(
        'A file or a folder. In a folder every file is a feed, but README*, LICENSE* and *.md; folders in it are not read. A folder with manifest.json is a MISP feed.',
      ),
    name: z.string().min(1).optional().describe('Shown in matches; the path when absent.'),
    format: z.enum(FEED_FORMATS).default('auto').describe('`auto` goes by file name and content.'),
    indicatorType: z
      .enum(FEED_TYPES)
      .default('auto')
      .describe('What the values of a plain list or of a CSV without type column are.'),
    columns: z
      .strictObject({
        value: z.string().optional(),
        type: z.string().optional(),
        score: z.string().optional(),
        confidence: z.string().optional(),
        tags: z.string().optional(),
        comment: z.string().optional(),
        ref: z.string().optional(),
        link: z.string().optional(),
        validFrom: z.string().optional(),
        validUntil: z.string().optional(),
      })
      .prefault({})
      .describe('CSV: names of the columns in the header line. The usual names are found without this.'),
    delimiter: z.string().min(1).max(2).default(',').describe('CSV: the separator.'),
    tags: z.array(z.string()).default([]).describe('Tags given to every indicator of this feed.'),
    tlp: z.enum(TLP).optional().describe('TLP given to indicators that carry none.'),
    score: z.number().min(0).max(100).optional().describe('Score given to indicators that carry none.'),
    link: z.string().optional().describe('Where an analyst can read about this feed.'),
  })
  .describe('One feed.')

export const feedConfig = z
  .strictObject({
    type: z.literal('feed'),
    feeds: z.array(feed).default([]).describe('Feed files and folders.'),
    checkInterval: duration('10s').describe('How often files are looked at for changes.'),
    startWait: duration('60s').describe(
      'How long to wait at start, before alerts are read, for feeds that are missing or broken. `0s`: not at all.',
    ),
    maxFileBytes: size('2GiB').describe(
      'Larger files, packed or unpacked, are refused. JSON is refused above 256 MiB whatever this says.',
    ),
  })
  .describe('Indicators from files: plain lists, CSV, MISP events and feeds, STIX 2.1 bundles.')

export type FeedConfig = z.infer<typeof feedConfig>
export type FeedEntry = FeedConfig['feeds'][number]
