/// <reference types="node" />
/**
 * A small world for the feed's tests: storage in memory, a clock that stands still, a writer that does to storage and
 * feed what the engine does, and viewers that fold what they are told and check every event of it.
 */
import type { Database } from '../../ports/database.ts'
import { createMemoryStorage } from '../../memory/index.ts'
import type { Ending, RewriteRecord } from '../../records.ts'
import { createManualClock, type ManualClock } from '../../testing/manualClock.ts'
import { crypto, draftRewrite, seedProject, seedTask, type SeededProject } from '../../testing/seeds.ts'
import type { FeedEvent } from '../events.ts'
import { createFeed, type Feed, type FeedOptions } from '../feed.ts'
import { emptyView, foldEvent, isGap, type FeedView } from '../fold.ts'
import type { FollowedEvent } from '../follow.ts'
import type { LiveText } from '../producer.ts'

export type World = {
  clock: ManualClock
  database: Database
  /** How often each statement was asked of storage. */
  statements: Map<string, number>
  feed: Feed
  /** Another process on the same storage, with a bell of its own. */
  otherFeed(options?: FeedOptions): Feed
  project: SeededProject
  errors: unknown[]
  /** Closes all feeds. */
  close(): void
}

export async function createWorld(options: FeedOptions = {}): Promise<World> {
  const clock = createManualClock(1_000_000)
  const statements = new Map<string, number>()
  const database = counted(createMemoryStorage({ crypto, clock }).database, statements)
  const errors: unknown[] = []
  const onError = (error: unknown): void => void errors.push(error)
  const feeds: Feed[] = []
  const otherFeed = (others: FeedOptions = {}): Feed => {
    const feed = createFeed({ database, clock, options: { onError, ...others } })
    feeds.push(feed)
    return feed
  }
  const project = await seedProject(database)
  statements.clear()
  const close = (): void => feeds.forEach((feed) => feed.close())
  return { clock, database, statements, feed: otherFeed(options), otherFeed, project, errors, close }
}

/** Counts the calls and passes them on. */
function counted(database: Database, statements: Map<string, number>): Database {
  const count = (name: keyof Database) => [
    name,
    (...args: unknown[]): unknown => {
      statements.set(name, (statements.get(name) ?? 0) + 1)
      return (database[name] as (...args: unknown[]) => unknown)(...args)
    },
  ]
  return Object.fromEntries((Object.keys(database) as (keyof Database)[]).map(count)) as Database
}

export function sum(statements: ReadonlyMap<string, number>): number {
  return [...statements.values()].reduce((total, count) => total + count, 0)
}

/** Lets everything that can go on without time passing go on. */
export async function settle(): Promise<void> {
  for (let round = 0; round < 3; round += 1) await new Promise((resolve) => setImmediate(resolve))
}

/** Passes time in steps, letting everything go on after each. */
export async function pass(clock: ManualClock, ms: number, stepMs = 50): Promise<void> {
  for (let passed = 0; passed < ms; passed += stepMs) {
    clock.advance(Math.min(stepMs, ms - passed))
    await settle()
  }
}

/** Does what the engine does for one task: claims it, writes texts attempt by attempt, ends it. */
export class Writer {
  readonly world: World
  readonly feed: Feed
  taskId = ''
  rewrite: RewriteRecord | null = null
  live: LiveText | null = null
  /** All text written so far under the present attempt, and how much of it is stored. */
  text = ''
  storedLength = 0

  constructor(world: World, feed: Feed = world.feed) {
    this.world = world
    this.feed = feed
  }

  async createTask(stages = ['rewrite', 'storyboard', 'camera']): Promise<string> {
    const { database, project } = this.world
    this.taskId = (await seedTask(database, project, { stages })).id
    this.#ring()
    return this.taskId
  }

  /** Opens a stage's rewrite, as beginStage does. */
  async begin(stage = 'rewrite', attempt = 1): Promise<RewriteRecord> {
    const { database, project } = this.world
    const rewriteId = crypto.newId()
    await database.transaction(async (tx) => {
      const no = ((await tx.touchProject(project.projectId))?.lastRewriteNo ?? 0) + 1
      const taskId = this.taskId === '' ? null : this.taskId
      await tx.insertOpenRewrite(
        draftRewrite(project.projectId, { id: rewriteId, stageKey: stage, no, attempt, taskId }),
      )
      await tx.updateProject(project.projectId, { lastRewriteNo: no })
      await tx.updateStage(project.projectId, stage, { status: 'running' })
    })
    return this.#start(rewriteId, '')
  }

  append(text: string): void {
    this.text += text
    this.live?.append(text)
  }

  /** Makes durable what was appended; true when storage took it. */
  async store(upTo = this.text.length): Promise<boolean> {
    const { id: rewriteId, attempt } = this.#present()
    const text = this.text.slice(this.storedLength, upTo)
    if (text === '') return true
    const written = await this.world.database.appendChunks([{ rewriteId, attempt, offset: this.storedLength, text }])
    if (written.length === 0) return false
    this.storedLength += text.length
    this.feed.textStored([rewriteId])
    return true
  }

  /** A worker takes over what is stored, as after a crash; with `feed` in another process. */
  async takeOver(keepUpTo = this.storedLength, feed = this.feed): Promise<Writer> {
    const { database, project } = this.world
    const { id, attempt } = this.#present()
    const heir = new Writer(this.world, feed)
    heir.taskId = this.taskId
    await database.transaction(async (tx) => {
      await tx.touchProject(project.projectId)
      await tx.takeOverRewrite(id, { attempt: attempt + 1, keepUpTo })
    })
    await heir.#start(id, this.text.slice(0, keepUpTo))
    return heir
  }

  async close(ending: Ending = 'complete'): Promise<void> {
    const { database, project } = this.world
    const { id, attempt, stageKey } = this.#present()
    if (!(await this.store())) throw new Error('The writer is fenced.')
    const closing = {
      ending,
      text: this.text,
      sha256: crypto.sha256(this.text),
      summary: null,
      promptTokens: null,
      completionTokens: null,
    }
    await database.transaction(async (tx) => {
      await tx.touchProject(project.projectId)
      if (!(await tx.closeRewrite(id, { attempt, length: this.text.length }, closing)))
        throw new Error('The writer is fenced.')
      await tx.updateStage(project.projectId, stageKey, { status: 'done', currentRewriteId: id })
    })
    this.live?.close({ length: this.text.length, sha256: closing.sha256, ending })
    this.#ring()
  }

  async end(status: 'completed' | 'failed' | 'cancelled' = 'completed'): Promise<void> {
    const { database, project } = this.world
    await database.transaction(async (tx) => {
      await tx.touchProject(project.projectId)
      const eventSeq = await tx.touchWorkspace(project.workspaceId)
      const failure = status === 'failed' ? { code: 'provider.failed' as const, message: 'It failed.' } : null
      await tx.updateTask(this.taskId, {}, { status, failure, endedAt: 'now', eventSeq })
    })
    this.#ring()
  }

  async #start(rewriteId: string, keptText: string): Promise<RewriteRecord> {
    const { rewrite } = (await this.world.database.storedTextFrom(rewriteId, 0))!
    this.rewrite = rewrite
    this.text = keptText
    this.storedLength = keptText.length
    this.live = this.feed.startText(rewrite, keptText)
    this.#ring()
    return rewrite
  }

  #present(): RewriteRecord {
    if (this.rewrite === null) throw new Error('The writer has not begun.')
    return this.rewrite
  }

  #ring(): void {
    this.feed.projectChanged(this.world.project.projectId)
    this.feed.workspaceChanged(this.world.project.workspaceId)
  }
}

/** What a connection was told, checked as it comes: the rules of a viewer, with nothing forgiven. */
export class TestViewer {
  view: FeedView = emptyView
  cursor: string | null = null
  /** Events of the present connection. */
  events: FeedEvent[] = []
  done: Promise<void> = Promise.resolve()
  error: unknown = null
  hasReturned = false
  #leaving = new AbortController()
  #position: { no: number; length: number } | null = null

  /** Follows until it leaves; what ends it otherwise is in `error` or `hasReturned`. */
  connect(follow: (from: { cursor: string | null; signal: AbortSignal }) => AsyncIterable<FollowedEvent>): this {
    this.events = []
    this.#position = null
    this.error = null
    this.hasReturned = false
    const leaving = (this.#leaving = new AbortController())
    this.done = this.#read(follow({ cursor: this.cursor, signal: leaving.signal }), leaving.signal)
    return this
  }

  async leave(): Promise<void> {
    this.#leaving.abort()
    await this.done
  }

  take({ cursor, event }: FollowedEvent): void {
    this.#checkContiguous(event)
    const folded = foldEvent(this.view, event)
    if (isGap(folded)) throw new Error(folded.gap)
    this.view = folded
    this.cursor = cursor
    this.events.push(event)
  }

  textOf(no: number): string | undefined {
    return this.view.texts.get(no)?.text
  }

  /** Characters of text received on this connection. */
  received(): number {
    return this.events.reduce(
      (total, event) => total + ('type' in event ? (event.type === 'open' ? event.text.length : 0) : event[2].length),
      0,
    )
  }

  async #read(events: AsyncIterable<FollowedEvent>, signal: AbortSignal): Promise<void> {
    try {
      for await (const event of events) if (!signal.aborted) this.take(event)
      this.hasReturned = !signal.aborted
    } catch (error) {
      this.error = error
    }
  }

  /** On one connection each delta begins exactly where the text before it ended. */
  #checkContiguous(event: FeedEvent): void {
    if ('type' in event) {
      if (event.type === 'open') this.#position = { no: event.rewriteNo, length: event.from + event.text.length }
      if (event.type === 'reset') this.#position = { no: event.rewriteNo, length: event.keepUpTo }
      return
    }
    const [no, offset, text] = event
    if (this.#position?.no !== no || this.#position.length !== offset) {
      throw new Error(`A delta of ${no} at ${offset} follows on ${JSON.stringify(this.#position)}.`)
    }
    this.#position.length += text.length
  }
}
