/**
 * What this process knows of one followed project, shared by all its followers. Guarantees: it listens for the bell
 * before its first read, so nothing falls between reading and listening; its revision never falls; what it costs in
 * statements grows neither with followers nor with text.
 *
 * unread -> known -> gone (removed; known again should the removal be undone).
 */
import type { Clock } from '../ports/clock.ts'
import type { Database } from '../ports/database.ts'
import type { ProjectLook } from '../ports/projectStorage.ts'
import type { RewriteRecord } from '../records.ts'
import type { Doorbell } from './doorbell.ts'
import type { StateEvent } from './events.ts'
import { Followers } from './followers.ts'
import { shareRuns } from './shareRuns.ts'
import { describeProject } from './state.ts'
import type { Tails } from './tails.ts'
import { TaskWatch } from './taskWatch.ts'

export type HubDeps = {
  database: Database
  clock: Clock
  doorbell: Doorbell
  tails: Tails
  graceMs: number
  /** How long a hub trusts the bell: in silence, and while text of its own process flows. */
  silenceMs: number
  flowingMs: number
  report(error: unknown): void
}

export class ProjectHub {
  readonly projectId: string
  readonly followers: Followers
  /** The present level state; null until it was read. */
  stateEvent: StateEvent | null = null
  isGone = false

  readonly #deps: HubDeps
  readonly #unlisten: () => void
  readonly #taskWatches = new Map<string, TaskWatch>()
  readonly #byNo = new Map<number, Promise<RewriteRecord | null>>()
  #look: ProjectLook | null = null
  /** When the reading began that proved the state to be the present one. */
  #verifiedAt = -Infinity
  #isStale = true
  /** Rings heard, and how many of them the last reading has answered. */
  #rings = 0
  #ringsAnswered = 0

  /** Looks again; shared, and begun after the call. */
  readonly refresh: () => Promise<void>
  readonly #verify: () => Promise<void>

  constructor(projectId: string, deps: HubDeps, ended: (hub: ProjectHub) => void) {
    this.projectId = projectId
    this.#deps = deps
    this.refresh = shareRuns(() => this.#read())
    this.#verify = shareRuns(() => this.#readRevision())
    this.#unlisten = deps.doorbell.listen(`project:${projectId}`, () => this.#ring())
    this.followers = new Followers({
      clock: deps.clock,
      graceMs: deps.graceMs,
      beat: () => this.#beat(),
      end: () => ended(this),
    })
  }

  get revision(): number {
    return this.stateEvent?.revision ?? 0
  }

  /** The present revision where it is known without asking: somebody follows, and it was looked at a moment ago. */
  get freshRevision(): number | null {
    const { clock, silenceMs } = this.#deps
    const isYoung = !this.#isStale && clock.now() - this.#verifiedAt < silenceMs
    const isFresh = isYoung && this.#rings === this.#ringsAnswered && this.followers.size > 0
    return isFresh && !this.isGone ? this.revision : null
  }

  get workspaceId(): string | null {
    return this.#look?.project.workspaceId ?? null
  }

  /** Makes sure that what is known here is the present; to be called after joining. */
  async catchUp(): Promise<void> {
    const { clock, silenceMs, tails } = this.#deps
    // While it is followed the bell and the beat keep it fresh.
    const isFresh = !this.#isStale && clock.now() - this.#verifiedAt < silenceMs && this.followers.size > 1
    if (!isFresh) await this.#verify()
    await tails.refreshStored(this.projectId, isFresh ? silenceMs : 0)
  }

  /** Heads of rewrites that were open at the last look, in order of their numbers. */
  openHeads(): RewriteRecord[] {
    return (this.#look?.rewrites ?? []).filter((head) => head.ending === null).toSorted((a, b) => a.no - b.no)
  }

  /** The head of the project's rewrite of this number; null when there is none. What changes of it is not renewed. */
  headByNo(no: number): Promise<RewriteRecord | null> {
    const known = this.#look?.rewrites.find((head) => head.no === no)
    if (known !== undefined) return Promise.resolve(known)
    let reading = this.#byNo.get(no)
    if (reading === undefined) {
      reading = this.#deps.database.rewriteByNo(this.projectId, no)
      this.#byNo.set(no, reading)
      // Only what was found is worth remembering: a rewrite's number and id never change.
      reading.then((head) => head ?? this.#byNo.delete(no)).catch(() => this.#byNo.delete(no))
    }
    return reading
  }

  /** What is known of a task of this project, shared by its followers while the hub lives. */
  watchTask(taskId: string): TaskWatch {
    const known = this.#taskWatches.get(taskId)
    if (known !== undefined) return known
    const watch = new TaskWatch(taskId, this.#deps.database)
    this.#taskWatches.set(taskId, watch)
    return watch
  }

  dispose(): void {
    this.#unlisten()
    this.followers.dispose()
  }

  #ring(): void {
    this.#isStale = true
    this.#rings += 1
    if (this.followers.size > 0) this.refresh().catch(this.#deps.report)
  }

  #beat(): void {
    const { clock, tails, silenceMs, flowingMs, report } = this.#deps
    const now = clock.now()
    const silentFor = now - Math.max(this.#verifiedAt, tails.lastTextAt(this.projectId))
    const isDue = silentFor >= silenceMs || now - this.#verifiedAt >= flowingMs
    if (isDue) this.#verify().catch(report)
    tails.refreshStored(this.projectId, silenceMs).catch(report)
    tails.tick(this.projectId)
  }

  /** Reads the revision only, and all when it is another. */
  async #readRevision(): Promise<void> {
    if (this.#look === null || this.#isStale) return this.refresh()
    const startedAt = this.#deps.clock.now()
    const revision = await this.#deps.database.projectRevision(this.projectId)
    if (revision !== this.#look.project.revision) return this.refresh()
    this.#verifiedAt = Math.max(this.#verifiedAt, startedAt)
  }

  async #read(): Promise<void> {
    this.#isStale = false
    const rings = this.#rings
    const startedAt = this.#deps.clock.now()
    try {
      const look = await this.#deps.database.projectLook(this.projectId)
      this.#take(look)
      this.#ringsAnswered = rings
      this.#verifiedAt = startedAt
    } catch (error) {
      this.#isStale = true
      throw error
    }
  }

  #take(look: ProjectLook | null): void {
    this.isGone = look === null || look.project.removedAt !== null
    if (look !== null && look.project.revision >= this.revision) {
      const isNew = look.project.revision > this.revision || this.stateEvent === null
      this.#look = look
      if (isNew) this.stateEvent = { type: 'state', revision: look.project.revision, state: describeProject(look) }
      this.#checkTails(look)
    }
    this.followers.wakeAll()
  }

  /** A text that is open here and not there, or there under a newer attempt, is asked of storage. */
  #checkTails(look: ProjectLook): void {
    const { tails, clock, silenceMs, report } = this.#deps
    for (const tail of tails.openOf(this.projectId)) {
      const head = look.rewrites.find((rewrite) => rewrite.id === tail.id)
      const isNewer = head !== undefined && head.attempt > tail.attempt
      if (head !== undefined && head.ending === null && !isNewer) continue
      const ask = (): void => {
        if (tail.closed === null) tails.refresh(tail.id).catch(report)
      }
      // A producer of this process closes it itself, right after the commit that the look has seen.
      if (tail.feeder === 'producer' && !isNewer) clock.after(silenceMs, ask)
      else ask()
    }
  }
}
