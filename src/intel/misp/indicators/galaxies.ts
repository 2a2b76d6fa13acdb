/** What the names of a galaxy are, for the record. */
export interface GalaxyNames {
  readonly threatActors: readonly string[]
  readonly malware: readonly string[]
}

/**
 * Types of galaxies in the tags of misp-galaxy whose clusters are groups of attackers, and those whose clusters are malware
 * or tools; the `mitre-enterprise-…` and `mitre-mobile-…` ones are the names of before 2019. All others
 * (attack patterns, sectors, countries …) stay tags only.
 */
const KINDS: ReadonlyMap<string, keyof GalaxyNames> = new Map([
  ...[
    'threat-actor',
    'mitre-intrusion-set',
    'mitre-enterprise-attack-intrusion-set',
    'mitre-mobile-attack-intrusion-set',
    'mitre-pre-attack-intrusion-set',
    'mitre-ics-groups',
    'microsoft-activity-group',
    '360net-threat-actor',
  ].map((type) => [type, 'threatActors'] as const),
  ...[
    'mitre-malware',
    'mitre-enterprise-attack-malware',
    'mitre-mobile-attack-malware',
    'mitre-tool',
    'mitre-enterprise-attack-tool',
    'mitre-mobile-attack-tool',
    'mitre-ics-software',
    'malpedia',
    'ransomware',
    'tool',
    'rat',
    'stealer',
    'banker',
    'botnet',
    'backdoor',
    'cryptominers',
    'exploit-kit',
    'android',
    'wiper',
    'first-csirt-malware',
  ].map((type) => [type, 'malware'] as const),
])

/** `misp-galaxy:threat-actor="APT28"`. */
const GALAXY_TAG = /^misp-galaxy:([a-z0-9-]{1,60})="(.{1,200})"$/is
/** MITRE's number after a name: `APT1 - G0006`. */
const MITRE_NUMBER = / - [GSC]\d{4}$/
const MAX_NAMES = 50

/** Names of attackers and of malware among the tags, each once, letter case aside. */
export function galaxyNames(tags: readonly string[]): GalaxyNames {
  const found = { threatActors: new Map<string, string>(), malware: new Map<string, string>() }
  for (const tag of tags) {
    const [, type = '', name = ''] = GALAXY_TAG.exec(tag) ?? []
    const kind = KINDS.get(type.toLowerCase())
    const bare = name.replace(MITRE_NUMBER, '').trim()
    if (kind === undefined || bare === '' || found[kind].size >= MAX_NAMES) continue
    if (!found[kind].has(bare.toLowerCase())) found[kind].set(bare.toLowerCase(), bare)
  }
  return { threatActors: [...found.threatActors.values()], malware: [...found.malware.values()] }
}
