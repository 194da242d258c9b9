/**
 * All tails of the process: one per rewrite, whoever feeds it. Guarantees: a tail that no producer feeds listens for
 * the bell before it reads; storage is asked by one run per tail at a time, however many follow.
 * A tail is dropped some time after its end (or its producer) and its last viewer.
 */
import { notFound } from '../errors.ts'
import type { Database } from '../ports/database.ts'
import type { RewriteRecord } from '../records.ts'
import type { Doorbell } from './doorbell.ts'
import type { ClosedEvent, Figures } from './events.ts'
import { createLiveText } from './liveText.ts'
import type { LiveText } from './producer.ts'
import { RelayLink } from './relayLink.ts'
import { RelaySender } from './relaySender.ts'
import { shareRuns } from './shareRuns.ts'
import { Tail, type TailHead, type TailSurroundings } from './tail.ts'
import type { TextRelay } from './textRelay.ts'

export type TailsDeps = Omit<TailSurroundings, 'isWatched'> & {
  database: Pick<Database, 'storedTextFrom'>
  doorbell: Doorbell
  /** Null where there are no other processes, or nothing faster than storage between them. */
  relay: TextRelay | null
  isFollowed(projectId: string): boolean
  /** False: text reaches viewers from storage only, as if it were written by another process. */
  localTails: boolean
  graceMs: number
  report(error: unknown): void
}

type ClosedFact = Pick<ClosedEvent, 'length' | 'sha256' | 'ending'>

type Entry = {
  tail: Tail
  /** Reads what storage has beyond the tail; shared among callers. */
  refresh(): Promise<void>
  readAt: number
  holders: number
  unlisten(): void
  /** Brings text of other processes before it is stored. */
  link: RelayLink | null
  cancelDrop: (() => void) | null
}

export class Tails {
  readonly #deps: TailsDeps
  readonly #entries = new Map<string, Entry>()
  readonly #byProject = new Map<string, Set<Entry>>()
  readonly #loading = new Map<string, Promise<Tail>>()

  constructor(deps: TailsDeps) {
    this.#deps = deps
  }

  get size(): number {
    return this.#entries.size
  }

  /** Tails of a project that are open here, in order of their numbers. */
  openOf(projectId: string): Tail[] {
    return this.#of(projectId)
      .filter((tail) => tail.closed === null)
      .toSorted((a, b) => a.no - b.no)
  }

  /** When text of the project was last added by a producer of this process. */
  lastTextAt(projectId: string): number {
    return Math.max(
      -Infinity,
      ...this.#of(projectId).map((tail) => (tail.feeder === 'producer' ? tail.lastTextAt : -Infinity)),
    )
  }

  startText(rewrite: RewriteRecord, keptText: string): LiveText {
    const { doorbell, localTails, relay, clock } = this.#deps
    if (!localTails) doorbell.ring(`rewrite:${rewrite.id}`)
    else this.#startProducing(rewrite, keptText)
    const { id, attempt } = rewrite
    // The text's own fence: what an older attempt of this process still says is not shown.
    const own = (): Tail | null => {
      const tail = this.#entries.get(id)?.tail
      return tail?.feeder === 'producer' && tail.attempt === attempt ? tail : null
    }
    const target = {
      append: (offset: number, text: string) => void own()?.append(offset, text),
      show: (figures: Figures) => own()?.show(figures),
      close: (closed: ClosedFact) => {
        if (own()?.close(closed) === true) this.#dropLater(id)
        else this.#readAgain(id)
      },
      abandon: () => {
        const tail = own()
        if (tail !== null) tail.feeder = 'storage'
        this.#readAgain(id)
        this.#dropLater(id)
      },
    }
    const sender = relay === null ? null : new RelaySender(relay, { rewriteId: id, attempt }, clock)
    return createLiveText(keptText.length, target, sender)
  }

  /** The rewrite's tail, with what storage has of it; throws notFound. */
  async obtain(rewriteId: string): Promise<Tail> {
    const entry = this.#entries.get(rewriteId)
    if (entry !== undefined) return entry.tail
    const underWay = this.#loading.get(rewriteId)
    if (underWay !== undefined) return underWay
    const loading = this.#load(rewriteId).finally(() => this.#loading.delete(rewriteId))
    this.#loading.set(rewriteId, loading)
    return loading
  }

  find(rewriteId: string): Tail | null {
    return this.#entries.get(rewriteId)?.tail ?? null
  }

  /** A viewer stands in the tail until the returned function is called. */
  hold(tail: Tail): () => void {
    const entry = this.#entries.get(tail.id) ?? this.#add(tail)
    entry.holders += 1
    entry.link?.want()
    entry.cancelDrop?.()
    entry.cancelDrop = null
    let isHeld = true
    return () => {
      if (!isHeld) return
      isHeld = false
      entry.holders -= 1
      this.#dropLater(tail.id)
    }
  }

  /** Reads what storage has, whoever feeds the tail: what is known here may be out of date. */
  async refresh(rewriteId: string): Promise<void> {
    await this.#entries.get(rewriteId)?.refresh()
  }

  /** Asks storage for open texts that nobody here writes, and that were last read `olderThanMs` ago or before. */
  async refreshStored(projectId: string, olderThanMs: number): Promise<void> {
    const now = this.#deps.clock.now()
    const due = this.openOf(projectId)
      .filter((tail) => tail.feeder === 'storage')
      .map((tail) => this.#entries.get(tail.id)!)
      .filter((entry) => now - entry.readAt >= olderThanMs)
    await Promise.all(due.map((entry) => entry.refresh()))
  }

  tick(projectId: string): void {
    for (const tail of this.openOf(projectId)) tail.tick()
  }

  close(): void {
    for (const entry of this.#entries.values()) this.#drop(entry)
  }

  #of(projectId: string): Tail[] {
    return [...(this.#byProject.get(projectId) ?? [])].map((entry) => entry.tail)
  }

  #startProducing(rewrite: RewriteRecord, keptText: string): void {
    const tail = this.#entries.get(rewrite.id)?.tail ?? this.#add(this.#createTail(rewrite, 'producer')).tail
    if (rewrite.attempt < tail.attempt) return
    if (rewrite.attempt > tail.attempt) tail.takeOver(rewrite)
    tail.feeder = 'producer'
    this.#entries.get(rewrite.id)?.link?.renew()
    tail.append(0, keptText)
    this.#deps.changed(tail)
  }

  async #load(rewriteId: string): Promise<Tail> {
    let hasRung = false
    const unlisten = this.#deps.doorbell.listen(`rewrite:${rewriteId}`, () => {
      hasRung = true
    })
    try {
      const stored = await this.#deps.database.storedTextFrom(rewriteId, 0)
      if (stored === null) throw notFound('rewrite', rewriteId)
      // It may have begun here meanwhile.
      const entry = this.#entries.get(rewriteId) ?? this.#add(this.#createTail(stored.rewrite, 'storage'))
      entry.readAt = this.#deps.clock.now()
      if (!entry.tail.take(stored) || hasRung) this.#readAgain(rewriteId)
      this.#dropLater(rewriteId)
      return entry.tail
    } finally {
      unlisten()
    }
  }

  #createTail(head: TailHead, feeder: Tail['feeder']): Tail {
    const { clock, frameMs, changed, isFollowed } = this.#deps
    return new Tail(head, feeder, { clock, frameMs, changed, isWatched: (tail) => isFollowed(tail.projectId) })
  }

  #add(tail: Tail): Entry {
    const unlisten = this.#deps.doorbell.listen(`rewrite:${tail.id}`, () => {
      if (tail.feeder === 'storage' && entry.link?.hasBrought() !== true) this.#readAgain(tail.id)
    })
    const { relay } = this.#deps
    const entry: Entry = {
      tail,
      refresh: shareRuns(() => this.#read(entry)),
      readAt: -Infinity,
      holders: 0,
      unlisten,
      link: relay === null ? null : new RelayLink(tail, relay, () => this.#readAgain(tail.id)),
      cancelDrop: null,
    }
    this.#entries.set(tail.id, entry)
    const ofProject = this.#byProject.get(tail.projectId) ?? new Set()
    this.#byProject.set(tail.projectId, ofProject.add(entry))
    return entry
  }

  /** Twice at most: a takeover may show that text before the first answer is needed too. */
  async #read(entry: Entry): Promise<void> {
    const { tail } = entry
    for (let tries = 0; tries < 3 && tail.closed === null; tries += 1) {
      const stored = await this.#deps.database.storedTextFrom(tail.id, tail.length)
      entry.readAt = this.#deps.clock.now()
      const isWhole = stored === null || tail.take(stored)
      entry.link?.renew()
      if (isWhole) return
    }
  }

  #readAgain(rewriteId: string): void {
    const entry = this.#entries.get(rewriteId)
    if (entry === undefined || entry.tail.closed !== null) return
    entry.refresh().catch(this.#deps.report)
  }

  #dropLater(rewriteId: string): void {
    const entry = this.#entries.get(rewriteId)
    if (entry === undefined || !this.#isIdle(entry)) return
    entry.cancelDrop?.()
    entry.cancelDrop = this.#deps.clock.after(this.#deps.graceMs, () => {
      if (this.#isIdle(entry)) this.#drop(entry)
    })
  }

  #isIdle({ tail, holders }: Entry): boolean {
    return holders === 0 && (tail.closed !== null || tail.feeder === 'storage')
  }

  #drop(entry: Entry): void {
    entry.cancelDrop?.()
    entry.unlisten()
    entry.link?.stop()
    entry.tail.dispose()
    this.#entries.delete(entry.tail.id)
    const ofProject = this.#byProject.get(entry.tail.projectId)
    ofProject?.delete(entry)
    if (ofProject?.size === 0) this.#byProject.delete(entry.tail.projectId)
  }
}
