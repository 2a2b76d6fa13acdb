/** `6.7.11`, `7.260309.0-lts.2` → their numbers; what follows a hyphen does not count. */
function numbersOf(version: string): readonly number[] {
  return (version.split('-')[0] ?? '').split('.').map(Number)
}

/** Whether a release is `least` or a later one. */
export function atLeast(version: string, least: string): boolean {
  const [ours, theirs] = [numbersOf(version), numbersOf(least)]
  for (const [place, wanted] of theirs.entries()) {
    const had = ours[place] ?? 0
    if (had !== wanted) return had > wanted
  }
  return true
}

/** What of the shipped schema came when, of what 5.12.24 does not have: `Type`, `Type.field` or `Type.field(argument)`. */
export const SINCE: Readonly<Record<string, string>> = {
  'FilterOperator.search': '6.0.0',
  'MeUser.user_confidence_level': '6.0.0',
  'MeUser.effective_confidence_level': '6.0.0',
  'Indicator.x_opencti_observable_values': '6.4.0',
  ObservablesValues: '6.4.0',
  'ObservablesValues.hashes': '6.5.11',
  'FilterOperator.within': '6.6.0',
  SecurityPlatform: '6.7.0',
  SecurityPlatformAddInput: '6.7.0',
  'Mutation.securityPlatformAdd': '6.7.0',
}
