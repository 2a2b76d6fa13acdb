import { z } from 'zod'

const most = (what: string) =>
  z
    .int()
    .min(1)
    .max(100)
    .default(3)
    .describe(`Most events of one alert that tell ${what} of OpenCTI, the best first.`)

/** Settings of every sink that writes events for Wazuh. */
export const wazuhFormat = {
  integration: z
    .string()
    .regex(/^[a-z0-9][a-z0-9_-]{0,62}$/)
    .default('misp')
    .describe(
      '`integration` of the events, but for those about OpenCTI. `misp` is what the rules 100620 to 100622 and dashboards for them look for; another name needs rules of your own.',
    ),
  maxIndicatorEvents: most('an indicator'),
  maxObservableEvents: most('an observable'),
} as const
