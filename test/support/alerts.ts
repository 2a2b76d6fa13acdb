import type { Alert } from '../../src/core/alert.ts'

let serial = 0

/** An alert around a body, as the decoder makes it. */
export function alertOf(body: Record<string, unknown>, overrides: Partial<Alert> = {}): Alert {
  serial += 1
  const rule = (body['rule'] ?? {}) as { id?: string; level?: number; groups?: string[] }
  const agent = (body['agent'] ?? {}) as { id?: string; name?: string }
  return {
    id: textOr(body['id'], `1773043200.${serial}`),
    time: Date.UTC(2026, 2, 9, 8),
    timestamp: '2026-03-09T08:00:00.000+0000',
    level: rule.level ?? 3,
    ruleId: rule.id ?? '100001',
    groups: rule.groups ?? [],
    agent: { id: agent.id ?? '001', name: agent.name ?? 'web-01' },
    manager: 'wazuh-manager',
    node: '',
    location: textOr(body['location'], '/var/log/app.log'),
    origin: { file: '/var/ossec/logs/alerts/alerts.json', offset: serial * 1000 },
    digest: BigInt(serial),
    body,
    ...overrides,
  }
}

/** An alert with this `data`. */
export function alertWith(data: Record<string, unknown>, overrides: Partial<Alert> = {}): Alert {
  return alertOf({ data }, overrides)
}

function textOr(value: unknown, fallback: string): string {
  return typeof value === 'string' ? value : fallback
}
