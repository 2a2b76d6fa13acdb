/** What can go wrong, and what Tripline does then. */
export interface Scenario {
  readonly id: string
  readonly scenario: string
  readonly result: string
}

const READ_ONCE = 'every alert once, in order'

/** In the order of their numbers. The tests name them in their titles. */
export const SCENARIOS: readonly Scenario[] = [
  {
    id: 'T1',
    scenario: 'half a line at the end of the file',
    result: 'waited for; one alert when it is whole',
  },
  {
    id: 'T2',
    scenario: 'a read that ends inside a character of several bytes',
    result: 'the character is whole',
  },
  {
    id: 'T3',
    scenario: 'midnight: `alerts.json` unlinked, a pause, linked to the new file',
    result: 'the old file is read to its end, then the new one from its beginning',
  },
  {
    id: 'T4',
    scenario: 'a last line without its newline in the file before a rotation',
    result: 'a whole alert is used, a torn one counted (`fragment`)',
  },
  { id: 'T5', scenario: 'several rotations between two looks, or while stopped', result: READ_ONCE },
  {
    id: 'T6',
    scenario: 'the first start',
    result: 'at the end, at the beginning of today, or so many days back, as `startAt` says',
  },
  { id: 'T7', scenario: 'Wazuh restarts and links the same file again', result: 'nothing is read again' },
  {
    id: 'T8',
    scenario: 'the file is cut to nothing and filled again',
    result: 'read from its beginning; the same alerts are not reported again',
  },
  {
    id: 'T9',
    scenario: 'the checkpoint over restarts',
    result:
      'written atomically; moves over acknowledged alerts only; the file is known again by its first bytes',
  },
  {
    id: 'T10',
    scenario: 'a line longer than the cap, or without end',
    result: 'skipped and counted; no more memory than the cap',
  },
  {
    id: 'T11',
    scenario: 'a line that is no JSON, no UTF-8 or no object',
    result: 'counted by reason; the next one is read',
  },
  {
    id: 'T12',
    scenario: 'two alerts glued to one line by a crash of Wazuh',
    result: 'whole ones are used (`glued`)',
  },
  { id: 'T13', scenario: 'CRLF, blank lines, byte order mark', result: 'borne' },
  {
    id: 'T14',
    scenario: 'no permission to read',
    result: 'told with the group to join; read when it is given, and nothing passed over',
  },
  {
    id: 'T15',
    scenario: 'a file system that reports no changes',
    result: 'looked at once a second at least',
  },
  {
    id: 'T16',
    scenario: 'the outputs are slower than Wazuh',
    result: 'reading waits; the file is the buffer',
  },
  { id: 'T17', scenario: 'Tripline’s own events come back as alerts', result: 'dropped before any work' },
  {
    id: 'T18',
    scenario: 'wrong times on files or on the wall',
    result: 'no decision about files hangs on them',
  },
  {
    id: 'R01',
    scenario: 'a new file is read from its beginning or from its end',
    result: 'as the settings say',
  },
  { id: 'R02', scenario: 'rotation by renaming, once or many times, while lagging', result: READ_ONCE },
  {
    id: 'R03',
    scenario: '`copytruncate`, also with a writer that keeps its offset',
    result: 'what came after is read; what was cut off unread is told with its size, and counted',
  },
  { id: 'R04', scenario: 'the file is truncated, then written', result: 'read from its beginning' },
  { id: 'R05', scenario: 'rotation, renaming or `copytruncate` while stopped', result: READ_ONCE },
  {
    id: 'R06',
    scenario: 'restart and `kill -9` at any moment',
    result: 'nothing lost; repeats of the last second and of what was in work, with the same `id`',
  },
  {
    id: 'R07',
    scenario: 'half a line at the moment of a restart or rotation',
    result: 'finished, read once',
  },
  { id: 'R08', scenario: 'a line too long among others', result: 'the others are read' },
  {
    id: 'R09',
    scenario: 'an inode number used again, a path deleted and made again',
    result: 'known for another file',
  },
  {
    id: 'R10',
    scenario: 'the target of a symbolic link changes',
    result: 'the old one is read to its end, then the new one',
  },
  {
    id: 'R11',
    scenario: 'rotation faster than reading, files deleted meanwhile',
    result: 'nothing twice; what was deleted unread is told and counted',
  },
  {
    id: 'R12',
    scenario: 'an old file that is still written to',
    result: 'kept open until it is read to its end, then let go of',
  },
  {
    id: 'R13',
    scenario: 'the checkpoint or the state is torn, damaged, of another version, on a full or read-only disk',
    result: 'told; the last good state, else from the beginning rather than a gap',
  },
  {
    id: 'R14',
    scenario: 'a file that cannot be read for some time, a network file system',
    result: 'read on when it can be',
  },
  {
    id: 'R15',
    scenario: 'packed files: several members, half written, cut off, damaged',
    result: 'all that can be unpacked; the rest is told and counted',
  },
  {
    id: 'R16',
    scenario: 'blank lines, CRLF, bad UTF-8, a line over the border of a read',
    result: 'read as it stands',
  },
  {
    id: 'R17',
    scenario: 'random sequences of writing, rotating, packing, truncating, deleting and restarting',
    result: 'as the model says',
  },
  {
    id: 'R18',
    scenario: 'the queue on the disk is torn, damaged in the middle, or full',
    result: 'the rest of it is used; at the bound it waits, or drops and counts, as the settings say',
  },
  {
    id: 'R19',
    scenario: 'a sink is down, also over a restart',
    result: 'it gets everything when it is back',
  },
  {
    id: 'R30',
    scenario: 'midnight with seconds without a file; an older file linked again',
    result: READ_ONCE,
  },
  { id: 'R31', scenario: 'stopped over several midnights, files packed meanwhile', result: READ_ONCE },
  { id: 'R32', scenario: 'rotation by size; a file is packed while it is read', result: READ_ONCE },
  {
    id: 'R33',
    scenario: 'one alert cut off and another spliced into its line',
    result: 'the whole one is used',
  },
  {
    id: 'R34',
    scenario: 'alerts of 64 KiB, 1 MiB and more',
    result: 'read whole up to `maxLineBytes` (8 MiB)',
  },
  {
    id: 'R35',
    scenario: 'Wazuh 5: a hard link to the newest file, packed at once, deleted later',
    result: READ_ONCE,
  },
  {
    id: 'R36',
    scenario: 'a Tripline beside each node of a cluster',
    result: 'one match a window with a shared store; the same `id` where an alert is read twice',
  },
  { id: 'R37', scenario: 'own events, injected into Wazuh, come back', result: 'never matched again' },
  {
    id: 'R40',
    scenario: 'a provider says 429, 503, or refuses the key',
    result: 'left alone for as long as it says, or longer each time; its alerts wait on the disk',
  },
  {
    id: 'R41',
    scenario: 'a provider hangs, drips, closes, has no address or an expired certificate',
    result: 'given up in time, told with what to do; the mirror and other providers go on',
  },
  {
    id: 'R42',
    scenario: 'the breaker opens, tries and closes',
    result: 'one probe at a time; waiting alerts are asked for when it closes',
  },
  {
    id: 'R43',
    scenario: 'a copy is interrupted in the middle',
    result: 'what was known stays; nothing half is used; it goes on where it was',
  },
  {
    id: 'R44',
    scenario: 'an indicator is revoked, deleted, expired or no longer for detection',
    result: 'no longer matched',
  },
  {
    id: 'R45',
    scenario: 'the clock is stepped forward or back, or in the wrong zone',
    result: 'nothing read, held back or dropped differently',
  },
]
