import type { Group } from './schema.ts'

export interface CheckFacts {
  /** Stable: scripts go by it. */
  readonly id: string
  readonly group: Group
  /** For docs/doctor.md. */
  readonly looksAt: string
  /** Where to read on, and the section. */
  readonly page: string
  /** After so long it has failed, whatever it waits for. 10 s when absent. */
  readonly boundMs?: number
}

const FILES = 'docs/troubleshooting.md#files-of-wazuh'
const PLATFORM = 'docs/troubleshooting.md#the-platform-refuses'
const RIGHTS = 'docs/operations.md#files-and-rights'
const RULES = 'deploy/wazuh/README.md#steps'

/** Every check, in the order they are made and shown. What one needs is made before: a cause stands above what follows from it. */
export const CATALOGUE = [
  {
    id: 'node',
    group: 'installation',
    looksAt: 'whether Node.js is new enough',
    page: 'docs/install.md#1-nodejs',
  },
  {
    id: 'tripline',
    group: 'installation',
    looksAt: 'which Tripline this is, and whether the service may read its files',
    page: 'docs/install.md#2-tripline',
  },
  {
    id: 'datagrams',
    group: 'installation',
    looksAt: 'whether the addon for Wazuh’s queue, `unix-dgram`, loads where a sink needs it',
    page: 'docs/output.md#the-queue-of-wazuh',
  },
  {
    id: 'user',
    group: 'installation',
    looksAt: 'for whom files and folders are looked at',
    page: 'docs/install.md#3-user-folders-configuration',
  },
  {
    id: 'configuration',
    group: 'configuration',
    looksAt: 'whether there is one, and all of it fits',
    page: 'docs/configuration.md',
  },
  {
    id: 'configuration-rights',
    group: 'configuration',
    looksAt: 'who may read the configuration and the files of secrets, and who may change them',
    page: RIGHTS,
  },
  {
    id: 'allow-list',
    group: 'configuration',
    looksAt: 'entries of `policy.allow` that are none',
    page: 'docs/troubleshooting.md#too-many-matches',
  },
  {
    id: 'alerts-access',
    group: 'alerts',
    looksAt: 'whether each alert file is there, and may be read by the user and the groups of the service',
    page: FILES,
  },
  {
    id: 'alerts-mount',
    group: 'alerts',
    looksAt: 'what it lies on: a network file system, or a mounted file, which never rotates',
    page: 'docs/troubleshooting.md#containers-and-clusters',
  },
  {
    id: 'alerts-age',
    group: 'alerts',
    looksAt: 'when the last alert came, and whether Wazuh writes its text log only',
    page: FILES,
  },
  {
    id: 'alerts-format',
    group: 'alerts',
    looksAt: 'whether the last lines are alerts',
    page: FILES,
  },
  {
    id: 'alerts-clock',
    group: 'alerts',
    looksAt: 'whether the times in alerts agree with the clock: a future, a wrong zone',
    page: 'docs/wazuh.md#which-file',
  },
  {
    id: 'alerts-rotation',
    group: 'alerts',
    looksAt: 'whether rotation was seen, rotated files may be read, and nobody else rotates',
    page: FILES,
  },
  {
    id: 'intake',
    group: 'alerts',
    looksAt: 'sources of type `spool` and `http`: folders, certificate, port; spools that nobody reads',
    page: 'docs/spool.md',
  },
  {
    id: 'daemon',
    group: 'state',
    looksAt: 'whether the daemon runs, and where',
    page: 'docs/operations.md#systemd',
  },
  {
    id: 'status-page',
    group: 'state',
    looksAt: 'its certificate; what the daemon says of itself, or whether its port is free',
    page: 'docs/status-page.md#health',
  },
  {
    id: 'state-directory',
    group: 'state',
    looksAt: 'whether it may be written to, by whom else, and whether its disk is local',
    page: RIGHTS,
  },
  {
    id: 'state-store',
    group: 'state',
    looksAt: 'whether the state store reads well; only while no daemon has it',
    page: 'docs/errors.md#state_unwritable',
    boundMs: 30_000,
  },
  {
    id: 'shared-store',
    group: 'state',
    looksAt: 'whether the Redis or Valkey that nodes share can be used',
    page: 'docs/errors.md#store_unreachable',
    boundMs: 30_000,
  },
  {
    id: 'position',
    group: 'state',
    looksAt: 'how far the alert files are worked on, and whether that stands still',
    page: 'docs/troubleshooting.md#late-slow-or-piling-up',
  },
  {
    id: 'dead-letters',
    group: 'state',
    looksAt: 'what could not be worked on or delivered',
    page: 'docs/delivery.md#dead-letters',
  },
  {
    id: 'disk',
    group: 'state',
    looksAt: 'room and inodes for state, outputs and temporary files',
    page: RIGHTS,
  },
  {
    id: 'outputs',
    group: 'outputs',
    looksAt: 'whether the files of the sinks may be written to, and rotated',
    page: 'docs/output.md#full-disk-missing-rights',
  },
  {
    id: 'feeds',
    group: 'providers',
    looksAt: 'whether each feed can be read, and what it gives',
    page: 'docs/troubleshooting.md#nothing-matches-or-only-sometimes',
    boundMs: 120_000,
  },
  {
    id: 'platforms',
    group: 'providers',
    looksAt:
      'each MISP and OpenCTI: reach, TLS, version, whose key or token, its rights and limits, its stream',
    page: PLATFORM,
    boundMs: 60_000,
  },
  {
    id: 'latency',
    group: 'providers',
    looksAt: 'how long each takes for a small answer, and what time it has',
    page: 'docs/troubleshooting.md#late-slow-or-piling-up',
    boundMs: 60_000,
  },
  {
    id: 'copies',
    group: 'providers',
    looksAt: 'how fresh each local copy is, as the daemon wrote it',
    page: 'docs/operations.md#when-a-platform-is-down',
  },
  {
    id: 'warning-lists',
    group: 'providers',
    looksAt: 'folders of warning-lists, and names that no list has',
    page: 'docs/matching.md#warning-lists',
    boundMs: 60_000,
  },
  {
    id: 'wazuh-running',
    group: 'wazuh',
    looksAt: 'whether wazuh-analysisd runs',
    page: FILES,
  },
  {
    id: 'wazuh-settings',
    group: 'wazuh',
    looksAt: '`log_alert_level`, `jsonout_output`, and whether it is a node of a cluster',
    page: 'docs/wazuh.md#what-never-becomes-an-alert',
  },
  {
    id: 'wazuh-rules',
    group: 'wazuh',
    looksAt:
      'whether the rules for events of Tripline are there, once, in a folder that Wazuh loads, and older than its start',
    page: RULES,
  },
  {
    id: 'wazuh-localfile',
    group: 'wazuh',
    looksAt: 'whether a `<localfile>` reads the file of the sink `wazuh-log`, once and as JSON',
    page: RULES,
  },
  {
    id: 'wazuh-integrations',
    group: 'wazuh',
    looksAt:
      'scripts custom-misp and custom-opencti: whether they hand alerts on, or look them up beside Tripline',
    page: 'docs/spool.md#install',
  },
  {
    id: 'wazuh-queue',
    group: 'wazuh',
    looksAt: 'whether the socket is there, may be written to, and somebody reads it',
    page: 'docs/output.md#the-queue-of-wazuh',
  },
  {
    id: 'wazuh-log',
    group: 'wazuh',
    looksAt: 'what Wazuh says in `ossec.log` of events it has lost',
    page: 'docs/troubleshooting.md#late-slow-or-piling-up',
  },
  {
    id: 'kernel',
    group: 'wazuh',
    looksAt: '`net.unix.max_dgram_qlen`, for the sink `wazuh-queue`',
    page: 'docs/output.md#the-queue-of-wazuh',
  },
  {
    id: 'pipeline',
    group: 'self-test',
    looksAt: 'the whole way from an alert to a match, with planted values in a temporary folder',
    page: 'docs/doctor.md#the-self-test',
    boundMs: 45_000,
  },
  {
    id: 'through-wazuh',
    group: 'self-test',
    looksAt: 'with `--through-wazuh`: a test event into Wazuh, and the alert it becomes',
    page: 'docs/doctor.md#through-wazuh',
    boundMs: 240_000,
  },
] as const satisfies readonly CheckFacts[]

export type CheckId = (typeof CATALOGUE)[number]['id']
