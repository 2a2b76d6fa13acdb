import { z } from 'zod'

/** Groups in the order they are shown. */
export const GROUPS = {
  installation: 'Installation',
  configuration: 'Configuration',
  alerts: 'Alerts',
  state: 'State',
  outputs: 'Outputs',
  providers: 'Threat intelligence',
  wazuh: 'Wazuh',
  'self-test': 'Self test',
} as const

export type Group = keyof typeof GROUPS

const seen = z.string().min(1).describe('What was seen, or why it was not looked at. One sentence.')
const about = z.string().exactOptional().describe('The file, folder, provider … it is about.')
const page = z.string().describe('The page to read on, and its section.')

/** What one look gave. A warning and a failure always say what to do. */
const result = z.discriminatedUnion('status', [
  z.strictObject({ status: z.literal('ok'), about, seen }),
  z.strictObject({ status: z.literal('skipped'), about, seen }),
  z.strictObject({ status: z.literal('warn'), about, seen, todo: z.string().min(1), page }),
  z.strictObject({ status: z.literal('fail'), about, seen, todo: z.string().min(1), page }),
])

const count = z.int().min(0)

/** What `tripline doctor --json` prints: one document. */
export const doctorReport = z.strictObject({
  schema: z.literal('tripline.doctor/1'),
  version: z.string().describe('Of Tripline.'),
  at: z.iso.datetime(),
  user: z.string().describe('For whom files and folders were looked at.'),
  ok: z.boolean().describe('Whether nothing failed.'),
  counts: z.strictObject({ ok: count, warn: count, fail: count, skipped: count }),
  durationMs: z.number().min(0),
  checks: z.array(
    z.strictObject({
      id: z.string(),
      group: z.enum(Object.keys(GROUPS)),
      durationMs: z.number().min(0),
      results: z.array(result).min(1),
    }),
  ),
})

export type DoctorReport = z.infer<typeof doctorReport>
export type ReportedResult = Readonly<z.infer<typeof result>>
