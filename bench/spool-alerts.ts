/** Alerts of `spool.ts`, as Wazuh hands them to an integration: each about an address of its own. */

export function addressOf(number: number): string {
  return `11.20.${Math.floor(number / 250)}.${(number % 250) + 1}`
}

/** A tenth of them. */
export function isKnown(number: number): boolean {
  return number % 10 === 0
}

export function alertText(number: number): string {
  const alert = {
    timestamp: '2026-11-21T10:00:00.000+0000',
    rule: { level: 3, description: 'IDS alert', id: '86601', groups: ['ids', 'suricata'] },
    agent: { id: '001', name: 'web-01', ip: '10.0.0.5' },
    manager: { name: 'wazuh' },
    id: `1763719200.${number}`,
    data: { src_ip: '10.0.0.1', dest_ip: addressOf(number), note: 'x'.repeat(1000) },
    location: '/var/log/suricata/eve.json',
  }
  return `${JSON.stringify(alert)}\n`
}
