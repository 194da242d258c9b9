import type { DeliveryNext, DueDelivery } from '../ports.ts'
import type { OutsideAnswer } from '../ports/outside.ts'
import type { WebhookRecord } from '../outsideRecords.ts'
import type { EngineSettings } from './settings.ts'

export type DeliveryDecision = {
  next: DeliveryNext
  /** The webhook is switched off with it. */
  problem: WebhookRecord['problem']
}

/** What a try has come to: brought, to be tried again, or given up. `random` in [0, 1). */
export function decideDelivery(
  delivery: Pick<DueDelivery, 'kind' | 'tries' | 'failingForMs'> & { leftMs: number },
  answer: OutsideAnswer,
  { settings, random }: { settings: EngineSettings; random: number },
): DeliveryDecision {
  if (answer.type === 'answered' && answer.status >= 200 && answer.status < 300)
    return { next: { status: 'delivered' }, problem: null }
  const isWebhook = delivery.kind === 'webhook'
  if (isWebhook && answer.type === 'answered' && answer.status === 410)
    return { next: { status: 'failed' }, problem: 'gone' }
  const problem = isWebhook && delivery.failingForMs > settings.webhookFailingMs ? ('failing' as const) : null
  const delayMs = delayOf(delivery, answer, { settings, random })
  if (isFinal(delivery.kind, answer) || problem !== null || delayMs >= delivery.leftMs)
    return { next: { status: 'failed' }, problem }
  return { next: { status: 'pending', delayMs }, problem }
}

/** A processor that refuses a job will refuse it again; of a webhook that may be a mistake that somebody mends. */
function isFinal(kind: DueDelivery['kind'], answer: OutsideAnswer): boolean {
  if (answer.type === 'refused') return true
  if (answer.type !== 'answered' || kind === 'webhook') return false
  return answer.status < 500 && ![408, 425, 429].includes(answer.status)
}

/** Doubling, with a quarter of chance in it, so that those who failed together come back apart. */
function delayOf(
  { kind, tries }: Pick<DueDelivery, 'kind' | 'tries'>,
  answer: OutsideAnswer,
  { settings, random }: { settings: EngineSettings; random: number },
): number {
  const [first, most] =
    kind === 'webhook'
      ? [settings.webhookRetryMs, settings.webhookRetryMostMs]
      : [settings.jobRetryMs, settings.jobRetryMostMs]
  const factor = kind === 'webhook' ? 5 : 2
  const planned = Math.min(most, first * factor ** Math.min(tries.length, 30))
  const asked = answer.type === 'answered' ? (answer.retryAfterMs ?? 0) : 0
  return Math.round(Math.max(planned * (0.75 + random / 2), Math.min(asked, most)))
}
