import { isRecord } from '../../src/core/json.ts'

type Settings = Readonly<Record<string, unknown>>

/** What is written before the page says what to write. */
export const FEEDS_ONLY: Settings = {
  providers: { feeds: { type: 'feed', feeds: [{ path: '/etc/tripline/feeds' }] } },
}

/** Of pages that name no platform: what somebody has who reads them. */
export const BASE_SETTINGS: Settings = {
  providers: {
    feeds: { type: 'feed', feeds: [{ path: '/etc/tripline/feeds' }] },
    misp: {
      type: 'misp',
      mode: 'hybrid',
      url: 'https://misp.example.net',
      apiKeyFile: '/etc/tripline/misp.key',
    },
  },
  sinks: {
    matches: { type: 'match-log', path: '/var/log/tripline/ioc-matched.log' },
    parsed: { type: 'parsed-log', path: '/var/log/tripline/ioc-parsed.log' },
  },
}

/** What `more` says beside what `settings` says; the later one holds, a list as a whole, and what becomes of another type. */
export function merged(settings: Settings, more: Settings): Settings {
  const both = Object.entries(more).map(([key, value]) => {
    const before = settings[key]
    const isSame = isRecord(before) && isRecord(value) && before['type'] === (value['type'] ?? before['type'])
    return [key, isSame ? merged(before, value) : value] as const
  })
  return { ...settings, ...Object.fromEntries(both) }
}

/** A configuration that can be run: platforms and sinks are those of `BASE_SETTINGS` where the page names none. */
export function whole(settings: Settings): Settings {
  return { ...BASE_SETTINGS, ...settings }
}
