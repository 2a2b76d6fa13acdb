import type { FastifyInstance } from 'fastify'
import type { Health, HealthState } from '../telemetry/health.ts'
import type { Telemetry } from '../telemetry/telemetry.ts'
import type { Guard } from './guard.ts'

/** A component that works with a reservation does not make the daemon unready: alerts are matched, or kept to be asked later. */
const STATUS: Readonly<Record<HealthState, number>> = { ok: 200, degraded: 200, starting: 503, failed: 503 }

export interface ProbeParts {
  readonly health: Health
  readonly metrics: Telemetry['metrics']
  /** Called before the metrics are read: brings up to date what only time changes. */
  readonly refresh: () => Promise<void>
}

/** `/metrics`, `/healthz` and `/readyz`. */
export function addProbes(
  app: FastifyInstance,
  guard: Guard,
  { health, metrics, refresh }: ProbeParts,
): void {
  app.get('/healthz', async (_request, reply) => reply.send({ status: 'ok' }))
  app.get('/readyz', async (request, reply) => {
    const status = health.overall()
    const all = health.components()
    // Reasons name servers and files.
    const components = guard.allows(request)
      ? all
      : all.map(({ component, state, since }) => ({ component, state, since }))
    return reply.code(STATUS[status]).send({ status, components })
  })
  app.get('/metrics', async (_request, reply) => {
    await refresh()
    return reply.type(metrics.registry.contentType).send(await metrics.registry.metrics())
  })
}
