import type { FastifyInstance } from 'fastify'
import { addHealthRoutes } from './healthRoutes.ts'
import { addMetricsRoute, type MetricsSource } from './metricsRoute.ts'

export type Operations = { isReady(): Promise<boolean>; metrics: MetricsSource; metricsToken: string | null }

/** What whoever runs the process asks of it, whatever its role. */
export function addOperationsRoutes(app: FastifyInstance, { isReady, metrics, metricsToken }: Operations): void {
  addHealthRoutes(app, isReady)
  addMetricsRoute(app, metrics, { token: metricsToken })
}
