/** Why a pattern, or one of its alternatives, matches no alert: for people. */
export const REFUSALS = {
  'not-a-pattern': 'the text is no STIX pattern',
  'too-complex': 'the pattern is longer, deeper or of more parts than is read',
  'several-observations': 'AND or FOLLOWEDBY between observations needs more than one alert',
  qualifier: 'WITHIN, REPEATS and START … STOP need more than one alert',
  reference: 'it follows a reference to another object, which an alert does not tell',
  'unknown-property': 'it asks for a property that no alert tells',
  'unsafe-regex': 'its regular expression cannot be run in linear time',
  'no-observable': 'it has no value that Tripline looks for',
} as const satisfies Record<string, string>

export type Refusal = keyof typeof REFUSALS
