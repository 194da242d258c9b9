/**
 * What this process knows of one followed workspace, shared by all its followers. Guarantees: it listens for the bell
 * before its first read; each change of a task reaches a follower at least once, under an event number that is a place
 * in storage; reading costs no more with more followers.
 *
 * It keeps the changes it has read since it began; a follower from before that has its own page read.
 */
import type { TaskLook } from '../ports/taskStorage.ts'
import type { WorkspaceEvent, WorkspaceTaskView } from './events.ts'
import { Followers } from './followers.ts'
import type { HubDeps } from './projectHub.ts'
import { shareRuns } from './shareRuns.ts'
import { describeTask } from './state.ts'

const pageSize = 100
const keptChanges = 500

type Change = { seq: number; task: WorkspaceTaskView }

export class WorkspaceHub {
  readonly workspaceId: string
  readonly followers: Followers
  /** The workspace's present event number; null until it was read. */
  eventSeq: number | null = null

  readonly #deps: HubDeps
  readonly #unlisten: () => void
  readonly #isTextFlowing: () => boolean
  #verifiedAt = -Infinity
  #isStale = true
  /** Changes after `#since`, in order of their numbers, the last of each task. */
  #changes: Change[] = []
  #since = 0
  /** Events by the number they follow on: the same object for all followers at the same place. */
  #events = new Map<number, WorkspaceEvent>()
  #pages = new Map<number, Promise<WorkspaceEvent>>()

  /** Reads what changed; shared, and begun after the call. */
  readonly refresh: () => Promise<void>

  constructor(
    workspaceId: string,
    deps: HubDeps,
    options: { isTextFlowing(): boolean; ended(hub: WorkspaceHub): void },
  ) {
    this.workspaceId = workspaceId
    this.#deps = deps
    this.#isTextFlowing = options.isTextFlowing
    this.refresh = shareRuns(() => this.#read())
    this.#unlisten = deps.doorbell.listen(`workspace:${workspaceId}`, () => this.#ring())
    this.followers = new Followers({
      clock: deps.clock,
      graceMs: deps.graceMs,
      beat: () => this.#beat(),
      end: () => options.ended(this),
    })
  }

  /** Makes sure that what is known here is the present; to be called after joining. */
  async catchUp(): Promise<void> {
    const { clock, silenceMs } = this.#deps
    const isFresh = !this.#isStale && clock.now() - this.#verifiedAt < silenceMs && this.followers.size > 1
    if (!isFresh) await this.refresh()
  }

  /** What came after `seq`, or a promise of it where it must be read; null when nothing did. */
  eventAfter(seq: number): WorkspaceEvent | Promise<WorkspaceEvent> | null {
    if (this.eventSeq === null || seq >= this.eventSeq) return null
    const known = this.#events.get(seq)
    if (known !== undefined) return known
    if (seq < this.#since) return this.#readPage(seq)
    const tasks = this.#changes.filter((change) => change.seq > seq).map((change) => change.task)
    const event: WorkspaceEvent = { type: 'workspace', eventSeq: this.eventSeq, tasks }
    this.#events.set(seq, event)
    return event
  }

  dispose(): void {
    this.#unlisten()
    this.followers.dispose()
  }

  #ring(): void {
    this.#isStale = true
    if (this.followers.size > 0) this.refresh().catch(this.#deps.report)
  }

  #beat(): void {
    const { clock, silenceMs, flowingMs, report } = this.#deps
    const dueMs = this.#isTextFlowing() ? flowingMs : silenceMs
    if (clock.now() - this.#verifiedAt >= dueMs) this.refresh().catch(report)
  }

  async #read(): Promise<void> {
    this.#isStale = false
    const startedAt = this.#deps.clock.now()
    try {
      let isWhole = false
      while (!isWhole) isWhole = await this.#readOn()
      this.#verifiedAt = startedAt
    } catch (error) {
      this.#isStale = true
      throw error
    }
  }

  /** One page from where this hub stands; its first read only asks where the workspace stands. */
  async #readOn(): Promise<boolean> {
    const from = this.eventSeq
    const { database } = this.#deps
    const { eventSeq, tasks } = await database.changedTasks(this.workspaceId, from ?? 0, from === null ? 1 : pageSize)
    if (from === null) {
      this.#since = eventSeq
      this.#moveTo(eventSeq)
      return true
    }
    this.#keep(tasks)
    const isWhole = tasks.length < pageSize
    this.#moveTo(isWhole ? eventSeq : tasks.at(-1)!.task.eventSeq)
    return isWhole
  }

  #keep(tasks: readonly TaskLook[]): void {
    const changed = new Set(tasks.map((look) => look.task.id))
    const older = this.#changes.filter((change) => !changed.has(change.task.id))
    this.#changes = [...older, ...tasks.map((look) => ({ seq: look.task.eventSeq, task: describeTask(look) }))]
    const dropped = this.#changes.splice(0, Math.max(0, this.#changes.length - keptChanges))
    this.#since = dropped.at(-1)?.seq ?? this.#since
  }

  #moveTo(eventSeq: number): void {
    if (this.eventSeq === eventSeq) return
    this.eventSeq = eventSeq
    this.#events.clear()
    this.#pages.clear()
    this.followers.wakeAll()
  }

  #readPage(seq: number): Promise<WorkspaceEvent> {
    const reading = this.#pages.get(seq) ?? this.#readPageOnce(seq)
    this.#pages.set(seq, reading)
    return reading
  }

  async #readPageOnce(seq: number): Promise<WorkspaceEvent> {
    try {
      const { eventSeq, tasks } = await this.#deps.database.changedTasks(this.workspaceId, seq, pageSize)
      const upTo = tasks.length < pageSize ? eventSeq : tasks.at(-1)!.task.eventSeq
      return { type: 'workspace', eventSeq: upTo, tasks: tasks.map(describeTask) }
    } catch (error) {
      this.#pages.delete(seq)
      throw error
    }
  }
}
