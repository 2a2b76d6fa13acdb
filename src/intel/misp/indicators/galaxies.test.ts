import { expect, it } from 'vitest'
import { galaxyNames } from './galaxies.ts'

it('finds attackers and malware among tags, each once, without MITRE’s numbers', () => {
  const tags = [
    'misp-galaxy:threat-actor="Sofacy"',
    'misp-galaxy:mitre-intrusion-set="APT28 - G0007"',
    'misp-galaxy:threat-actor="apt28"',
    'MISP-GALAXY:Ransomware="LockBit 3.0"',
    'misp-galaxy:malpedia="Cobalt Strike"',
    'misp-galaxy:tool="cobalt strike"',
    'misp-galaxy:mitre-enterprise-attack-malware="CHOPSTICK - S0023"',
  ]
  expect(galaxyNames(tags)).toEqual({
    threatActors: ['Sofacy', 'APT28'],
    malware: ['LockBit 3.0', 'Cobalt Strike', 'CHOPSTICK'],
  })
})

it.each([
  'tlp:amber',
  'misp-galaxy:mitre-attack-pattern="Phishing - T1566"',
  'misp-galaxy:sector="Energy"',
  'misp-galaxy:threat-actor=APT28',
  'misp-galaxy:threat-actor=""',
  'misp-galaxy:threat-actor=" - G0007"',
  'misp-galaxy:constructor="x"',
  'x misp-galaxy:threat-actor="APT28"',
  `misp-galaxy:threat-actor="${'x'.repeat(300)}"`,
])('takes no name from %s', (tag) => {
  expect(galaxyNames([tag])).toEqual({ threatActors: [], malware: [] })
})

it('keeps a bounded number', () => {
  const tags = Array.from({ length: 80 }, (_, index) => `misp-galaxy:rat="r${index}"`)
  expect(galaxyNames(tags).malware).toHaveLength(50)
})
