/**
 * Brings messages to processors and webhooks. Guarantees: a message is sent outside of any transaction, under the same id
 * at every try, by one process at a time while its lease lasts; a crash between sending and recording sends it again,
 * never a second message. What came of a try, and what follows from it for the task or webhook, is one transaction.
 * It asks the database only when it is rung, when something it knows of is due, and now and then for what was missed.
 *
 *   pending -> (sent, try recorded)* -> delivered | failed | dropped
 */
import type { DeliveryNext, DueDelivery, Tx } from '../ports.ts'
import type { OutsideAnswer } from '../ports/outside.ts'
import type { Failure } from '../errors.ts'
import type { DeliveryTry } from '../outsideRecords.ts'
import type { Change } from './change.ts'
import { decideDelivery, type DeliveryDecision } from './decideDelivery.ts'
import type { EngineDeps } from './deps.ts'
import { failOutside } from './receiveOutside.ts'

/** Rung when there are new messages. */
export const outboxBell = 'outbox:messages'

export class Deliverer {
  readonly #deps: EngineDeps
  readonly #ending = new AbortController()
  readonly #sending = new Set<Promise<void>>()
  #unlisten = (): void => {}
  #isLooking = false
  #isRung = false
  #nextLook = { atMs: Infinity, cancel: (): void => {} }

  constructor(deps: EngineDeps) {
    this.#deps = deps
  }

  /** Sends what is due, as much at once as the settings say, until `stop`. */
  start(): void {
    this.#unlisten = this.#deps.doorbell.listen(outboxBell, () => void this.#look())
    void this.#look()
  }

  /** What is being sent is cut off; it is due again when its lease is over. */
  async stop(): Promise<void> {
    this.#ending.abort()
    this.#unlisten()
    this.#nextLook.cancel()
    await Promise.all(this.#sending)
  }

  /** One look at a time; who rings during one has another after it. */
  async #look(): Promise<void> {
    this.#isRung = true
    if (this.#isLooking) return
    this.#isLooking = true
    try {
      while (this.#isRung && !this.#ending.signal.aborted) {
        this.#isRung = false
        await this.#sendDue()
      }
    } catch (error) {
      this.#deps.log.warn({ err: error }, 'The messages that are due could not be read; trying again.')
      this.#lookIn(0)
    } finally {
      this.#isLooking = false
    }
  }

  async #sendDue(): Promise<void> {
    const { database, settings } = this.#deps
    const limit = settings.deliveriesAtOnce - this.#sending.size
    // The end of one that is being sent looks again.
    if (limit <= 0) return
    const { deliveries, nextDueInMs } = await database.takeDueDeliveries({ limit, leaseMs: this.#leaseMs })
    if (this.#ending.signal.aborted) return
    for (const delivery of deliveries) this.#send(delivery)
    this.#lookIn(Math.min(nextDueInMs ?? Infinity, settings.outboxSweepMs))
  }

  #send(delivery: DueDelivery): void {
    const { log, settings } = this.#deps
    const sent = this.#deliver(delivery)
      .catch((error: unknown) => {
        log.warn(
          { err: error, deliveryId: delivery.id },
          'What came of a message could not be stored; it is sent again.',
        )
        this.#lookIn(this.#leaseMs)
      })
      .finally(() => {
        const wasFull = this.#sending.size === settings.deliveriesAtOnce
        this.#sending.delete(sent)
        if (wasFull) void this.#look()
      })
    this.#sending.add(sent)
  }

  /** Looks again within so long, or earlier. */
  #lookIn(delayMs: number): void {
    const { clock, settings } = this.#deps
    const delay = Math.max(delayMs, settings.outboxPauseMs)
    const atMs = clock.now() + delay
    if (this.#ending.signal.aborted || this.#nextLook.atMs <= atMs) return
    this.#nextLook.cancel()
    const cancel = clock.after(delay, () => {
      this.#nextLook.atMs = Infinity
      void this.#look()
    })
    this.#nextLook = { atMs, cancel }
  }

  get #leaseMs(): number {
    return this.#deps.settings.deliveryTimeoutMs * 2
  }

  async #deliver(delivery: DueDelivery): Promise<void> {
    const { signal } = this.#ending
    const answer = await send(this.#deps, delivery, signal)
    if (signal.aborted) return
    const next = await settle(this.#deps, delivery, answer)
    if (next.status === 'pending') this.#lookIn(next.delayMs)
  }
}

async function send(deps: EngineDeps, delivery: DueDelivery, ending: AbortSignal): Promise<OutsideAnswer> {
  const timeout = new AbortController()
  const cancel = deps.clock.after(deps.settings.deliveryTimeoutMs, () => timeout.abort())
  const { id, url, event, createdAt, webhookId, processorId, secretEncrypted } = delivery
  const owner =
    webhookId === null ? { kind: 'processor' as const, id: processorId! } : { kind: 'webhook' as const, id: webhookId }
  try {
    return await deps.outside.send(
      {
        id,
        url,
        owner: { ...owner, secretEncrypted },
        event,
        createdAt,
        data: JSON.parse(delivery.payload) as Record<string, unknown>,
      },
      AbortSignal.any([ending, timeout.signal]),
    )
  } finally {
    cancel()
  }
}

async function settle(deps: EngineDeps, delivery: DueDelivery, answer: OutsideAnswer): Promise<DeliveryNext> {
  const context = { settings: deps.settings, random: deps.random() }
  return deps.change(async (change) => {
    // First of all, as everywhere.
    const project = delivery.projectId === null ? null : await change.holdProject(delivery.projectId)
    const now = project?.updatedAt ?? (await change.tx.now())
    const leftMs = delivery.giveUpAt.getTime() - now.getTime()
    const decision = decideDelivery({ ...delivery, leftMs }, answer, context)
    if (!(await change.tx.recordTry(delivery.id, tryOf(answer, now), decision.next))) return { status: 'dropped' }
    if (delivery.kind === 'webhook') await noteOnWebhook(change.tx, delivery, decision)
    if (delivery.kind === 'job' && decision.next.status === 'failed') await refuseJob(change, delivery, answer)
    return decision.next
  })
}

function tryOf(answer: OutsideAnswer, now: Date): DeliveryTry {
  const at = now.toISOString()
  if (answer.type !== 'answered') return { at, status: null, problem: answer.problem, body: null }
  return { at, status: answer.status, problem: null, body: answer.body === '' ? null : answer.body }
}

async function noteOnWebhook(tx: Tx, { webhookId, failingForMs }: DueDelivery, { next, problem }: DeliveryDecision) {
  if (next.status === 'delivered') {
    if (failingForMs > 0) await tx.updateWebhook(webhookId!, { failingSince: null })
    return
  }
  if (problem !== null) {
    await tx.updateWebhook(webhookId!, { active: false, problem })
    await tx.dropDeliveries({ webhookId: webhookId! })
    return
  }
  if (failingForMs === 0) await tx.updateWebhook(webhookId!, { failingSince: 'now' })
}

/** A job that can't be brought any more. When only its time is over, the sweep says so. */
async function refuseJob(change: Change, { outsideTaskId }: DueDelivery, answer: OutsideAnswer): Promise<void> {
  const outside = await change.tx.outsideTask(outsideTaskId!)
  const task = outside && (await change.tx.task(outside.taskId))
  if (outside?.status !== 'open' || task?.outside?.id !== outside.id) return
  const isFinal = answer.type === 'refused' || (answer.type === 'answered' && answer.status < 500)
  if (isFinal) await failOutside(change, { task, outside, failure: refusalOf(answer) })
}

function refusalOf(answer: OutsideAnswer): Failure {
  const problem = answer.type === 'answered' ? `it answered with status ${answer.status}` : answer.problem
  return {
    code: 'processor.refused',
    message: `The outside processor did not take this stage: ${problem}.`,
    params: { problem, status: answer.type === 'answered' ? answer.status : null },
  }
}
