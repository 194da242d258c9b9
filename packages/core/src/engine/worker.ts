/**
 * The part of the engine that works: takes jobs for its free slots, keeps their leases, looks for wishes to stop,
 * and sweeps. Guarantees: a task runs at most once in this process; one fetch and one touch serve all slots;
 * `stop()` hands every running task back with its text durable.
 *
 *   idle -> started -> stopping (no new jobs, attempts told 'shutdown') -> stopped
 */
import { DatabaseUnavailable } from '../ports.ts'
import type { Job } from '../ports/queue.ts'
import { claimTask, type ClaimResult } from './claimTask.ts'
import { Deliverer } from './deliver.ts'
import type { EngineDeps } from './deps.ts'
import { handBack } from './handBack.ts'
import { waitOutOutage } from './outage.ts'
import { runTask } from './runTask.ts'
import type { AbortReason } from './stageErrors.ts'
import { sweep } from './sweep.ts'
import { TextWriter } from './textWriter.ts'

type Running = {
  job: Job
  /** A second hint, which may have come after the look at the task: it is followed when this one is settled. */
  again: Job | null
  abort: AbortController
  rewriteId: string | null
  settled: Promise<void>
  unlisten(): void
}

export class Worker {
  readonly #deps: EngineDeps
  readonly #writer: TextWriter
  readonly #deliverer: Deliverer
  readonly #running = new Map<string, Running>()
  readonly #cancels: (() => void)[] = []
  #state: 'idle' | 'started' | 'stopped' = 'idle'
  #isFetching = false
  #lastFetch: Promise<void> = Promise.resolve()
  /** Since when the database has answered without a break; null while it is away. */
  #steadySinceMs: number | null = Number.NEGATIVE_INFINITY
  #isWoken = false
  /** Tasks whose bell was rung since the last look. */
  readonly #rung = new Set<string>()

  constructor(deps: EngineDeps) {
    this.#deps = deps
    this.#deliverer = new Deliverer(deps)
    this.#writer = new TextWriter({ ...deps, onStored: (ids) => deps.feed.textStored(ids) })
  }

  /** `nobodyElse`: this is the only worker there is (embedded), so whatever was running before has crashed. */
  async start({ nobodyElse }: { nobodyElse: boolean }): Promise<void> {
    if (this.#state !== 'idle') return
    this.#state = 'started'
    const { queue, database, settings, workerId, log } = this.#deps
    // The attempts of a task name their worker by it.
    log.info({ workerId }, 'This process runs tasks.')
    if (nobodyElse) {
      const released = await queue.releaseAll()
      await sweep(this.#deps)
      if (this.#hasStopped()) return
      if (released > 0) log.info({ released }, 'Tasks that were running when the server went down go on now.')
    }
    this.#cancels.push(queue.onWake(() => void this.#fetch()))
    this.#every(settings.fetchEveryMs, () => this.#fetch())
    this.#every(settings.touchEveryMs, () => this.#touch())
    this.#every(settings.cancelCheckEveryMs, () => this.#lookForCancels())
    this.#every(settings.superviseEveryMs, () => this.#supervise())
    this.#every(settings.sweepEveryMs, () => sweep(this.#deps))
    this.#every(settings.forgetEveryMs, () => database.forgetIdempotencyKeys(settings.idempotencyKeyAgeMs))
    this.#every(settings.forgetEveryMs, () => database.forgetDeliveries(settings.deliveryAgeMs))
    this.#deliverer.start()
    void this.#fetch()
  }

  /** Aborts the task's attempt in this process. False when it does not run here. */
  cancel(taskId: string): boolean {
    const running = this.#running.get(taskId)
    if (running === undefined) return false
    running.abort.abort('cancelled' satisfies AbortReason)
    return true
  }

  runningCount(): number {
    return this.#running.size
  }

  async stop(): Promise<void> {
    this.#state = 'stopped'
    for (const cancel of this.#cancels.splice(0)) cancel()
    for (const running of this.#running.values()) running.abort.abort('shutdown' satisfies AbortReason)
    await this.#deliverer.stop()
    // Jobs of a fetch under way are given back as they come; so are second hints.
    await this.#lastFetch
    while (this.#running.size > 0) await Promise.all([...this.#running.values()].map((running) => running.settled))
  }

  #hasStopped(): boolean {
    return this.#state === 'stopped'
  }

  /** Repeats `action`, never two at once; a failing one is logged and tried again at its next turn. */
  #every(everyMs: number, action: () => Promise<unknown>): void {
    let cancel = (): void => {}
    let isOver = false
    const turn = (): void => {
      cancel = this.#deps.clock.after(everyMs, () => {
        void this.#guard(action).finally(() => {
          if (!isOver) turn()
        })
      })
    }
    this.#cancels.push(() => {
      isOver = true
      cancel()
    })
    turn()
  }

  async #guard(action: () => Promise<unknown>): Promise<void> {
    try {
      await action()
    } catch (error) {
      const isAway = error instanceof DatabaseUnavailable
      if (isAway) this.#steadySinceMs = null
      this.#deps.log.warn(
        { err: error },
        isAway ? 'The database is away; trying again.' : "The worker's upkeep failed; trying again.",
      )
    }
  }

  async #fetch(): Promise<void> {
    this.#isWoken = true
    if (this.#isFetching) return
    this.#isFetching = true
    this.#lastFetch = this.#fetchAll()
    await this.#lastFetch
  }

  async #fetchAll(): Promise<void> {
    try {
      while (this.#isWoken && this.#state === 'started') {
        this.#isWoken = false
        const free = this.#deps.settings.workerSlots - this.#running.size
        if (free <= 0) break
        const jobs = await this.#deps.queue.fetch(free)
        this.#steadySinceMs ??= this.#deps.clock.now()
        for (const job of jobs) this.#take(job)
        // A full batch says that more may be waiting.
        if (jobs.length === free) this.#isWoken = true
      }
    } catch (error) {
      if (error instanceof DatabaseUnavailable) this.#steadySinceMs = null
      this.#deps.log.warn({ err: error }, 'No jobs could be fetched; trying again.')
    } finally {
      this.#isFetching = false
    }
  }

  #take(job: Job): void {
    const before = this.#running.get(job.taskId)
    if (before !== undefined) {
      const { again } = before
      before.again = job
      if (again !== null) void this.#guard(() => this.#deps.queue.complete(again))
      return
    }
    const running: Running = {
      job,
      again: null,
      abort: new AbortController(),
      rewriteId: null,
      settled: Promise.resolve(),
      unlisten: this.#deps.doorbell.listen(`task:${job.taskId}`, () => this.#noteRing(job.taskId)),
    }
    this.#running.set(job.taskId, running)
    running.settled = this.#guard(() => this.#handle(job, running)).finally(() => {
      running.unlisten()
      this.#running.delete(job.taskId)
      if (running.again !== null) this.#take(running.again)
      if (this.#state === 'started') void this.#fetch()
    })
  }

  async #handle(job: Job, running: Running): Promise<void> {
    if (this.#hasStopped()) return this.#deps.queue.release(job)
    const { abort } = running
    for (let isAgain = false; ; isAgain = true) {
      const claim = await this.#claim(job, abort.signal, isAgain)
      if (claim.type === 'nothing') return this.#deps.queue.complete(job)
      const ending = await runTask(this.#deps, claim.run, {
        writer: this.#writer,
        job,
        abort,
        timeLeftMs: claim.timeLeftMs,
        onStage: (rewriteId) => void (running.rewriteId = rewriteId),
      })
      if (ending !== 'fenced' && ending !== 'shutdown') return
      if (this.#hasStopped()) return handBack(this.#deps, claim.run.task, job)
      if (abort.signal.reason === ('fenced' satisfies AbortReason)) return this.#deps.queue.complete(job)
      // The end of a stage was refused: by another's attempt, or because it is stored and only the answer was lost.
    }
  }

  /** Waits while the database is away. A claim that is made again must neither take from others nor count as a crash. */
  async #claim(job: Job, signal: AbortSignal, isAgain: boolean): Promise<ClaimResult> {
    const { queue } = this.#deps
    let mayBeDone = isAgain
    return waitOutOutage(this.#deps, signal, async () => {
      if (mayBeDone && !(await queue.touch([job])).includes(job.id)) return { type: 'nothing' }
      const claim = claimTask(this.#deps, job, { isAgain: mayBeDone })
      mayBeDone = true
      return claim
    })
  }

  async #touch(): Promise<void> {
    const touched = [...this.#running.values()]
    const jobs = touched.flatMap(({ job, again }) => (again === null ? [job] : [job, again]))
    if (jobs.length === 0) return
    const held = new Set(await this.#deps.queue.touch(jobs))
    for (const { job, abort } of touched) {
      // Another goes on with it. Who writes is told by the fence; who waits for a silent provider, only here.
      if (!held.has(job.id)) abort.abort('fenced' satisfies AbortReason)
    }
  }

  /** One look for all that are rung together, as they are after a break. */
  #noteRing(taskId: string): void {
    this.#rung.add(taskId)
    if (this.#rung.size === 1) void Promise.resolve().then(() => this.#guard(() => this.#answerRings()))
  }

  async #answerRings(): Promise<void> {
    const taskIds = [...this.#rung]
    this.#rung.clear()
    for (const taskId of await this.#deps.database.cancelRequested(taskIds)) this.cancel(taskId)
  }

  /** Streams that write learn of a wish to stop by their own statement; this asks for the silent ones. */
  async #lookForCancels(): Promise<void> {
    const silent = this.#writer.silentFor(this.#deps.settings.cancelCheckEveryMs)
    const isSilent = ({ rewriteId }: Running): boolean => rewriteId === null || silent.has(rewriteId)
    const taskIds = [...this.#running].filter(([, running]) => isSilent(running)).map(([taskId]) => taskId)
    if (taskIds.length === 0) return
    for (const taskId of await this.#deps.database.cancelRequested(taskIds)) this.cancel(taskId)
  }

  /** After an outage every lease looks old although nobody died: their holders get the time to renew them. */
  async #supervise(): Promise<void> {
    const { clock, settings } = this.#deps
    if (this.#steadySinceMs === null || clock.now() - this.#steadySinceMs < settings.leaseMs) return
    if ((await this.#deps.queue.supervise()) > 0) void this.#fetch()
  }
}
