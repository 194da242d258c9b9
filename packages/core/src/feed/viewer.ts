/**
 * One follower: a place in the feeds, and no queue. Guarantee: each step gives the one event that brings the place
 * forward from where it stands to the present, so a slow viewer is given one larger delta and costs no memory.
 *
 * Its text: none -> in a rewrite (named on this connection or not yet) -> none, after `closed`.
 */
import { notFound } from '../errors.ts'
import { formatCursor, type Cursor } from './cursor.ts'
import type { ClosedEvent, FeedEvent, FiguresEvent, OpenEvent, WorkspaceEvent } from './events.ts'
import type { ProjectHub } from './projectHub.ts'
import { decideText, lengthAfter, type Place, type TextEvent } from './resume.ts'
import type { Tail } from './tail.ts'
import type { Tails } from './tails.ts'
import type { TextChoice } from './textChoice.ts'
import type { WorkspaceHub } from './workspaceHub.ts'

export type ViewerParts = {
  cursor: Cursor
  /** False: what the cursor says of the workspace is carried on, not followed. */
  workspace: WorkspaceHub | null
  /** True when the viewer came without a workspace's event number: it is told the present one first. */
  isNewToWorkspace: boolean
  project: { hub: ProjectHub; choice: TextChoice; tails: Tails } | null
}

/** An event; a promise when something must be read first; null when there is nothing new. */
export type Step = FeedEvent | Promise<void> | null

export class Viewer {
  readonly #parts: ViewerParts
  /** Changed in place, event by event: making a new one for each would be most of what a viewer costs. */
  readonly #place: Cursor & Place
  #isNewToWorkspace: boolean
  #page: WorkspaceEvent | null = null
  #tail: Tail | null = null
  #releaseTail: (() => void) | null = null
  /** The text the cursor named, to be sent to its end before any other. */
  #firstId: string | null = null
  /** Texts up to this number have been dealt with. */
  #doneNo = 0
  #hasAskedStorage = false
  #figures: FiguresEvent | null = null

  constructor(parts: ViewerParts) {
    this.#parts = parts
    this.#place = { ...parts.cursor, isNamed: false }
    this.#isNewToWorkspace = parts.isNewToWorkspace
  }

  /** Where the viewer stands after the last event. */
  get cursor(): string {
    return formatCursor(this.#place)
  }

  /** Begins with the text the cursor is in; without one at the first text there is. */
  startAt(rewrite: { id: string; no: number } | null): void {
    this.#firstId = rewrite?.id ?? null
    this.#doneNo = rewrite?.no ?? 0
    if (rewrite === null) Object.assign(this.#place, { rewriteNo: 0, attempt: 0, length: 0 })
  }

  /** The next event; the viewer then stands behind it. Throws notFound when the project is gone. */
  step(): Step {
    const { workspace, project } = this.#parts
    if (project?.hub.isGone === true) throw notFound('project', project.hub.projectId)
    return (workspace && this.#stepWorkspace(workspace)) ?? (project && this.#stepProject(project))
  }

  leave(): void {
    this.#releaseTail?.()
    this.#releaseTail = null
    this.#tail = null
  }

  #stepProject(project: NonNullable<ViewerParts['project']>): Step {
    return this.#stepState(project.hub) ?? this.#stepText(project) ?? this.#stepFigures() ?? project.choice.end()
  }

  #stepWorkspace(hub: WorkspaceHub): Step {
    if (this.#isNewToWorkspace && hub.eventSeq !== null) {
      this.#isNewToWorkspace = false
      this.#place.eventSeq = hub.eventSeq
      return { type: 'workspace', eventSeq: hub.eventSeq, tasks: [] }
    }
    const event = this.#page ?? hub.eventAfter(this.#place.eventSeq)
    if (event instanceof Promise) {
      return event.then((page) => {
        this.#page = page
      })
    }
    this.#page = null
    if (event !== null) this.#place.eventSeq = event.eventSeq
    return event
  }

  #stepState(hub: ProjectHub): Step {
    if (hub.revision <= this.#place.revision || hub.stateEvent === null) return null
    this.#place.revision = hub.revision
    return hub.stateEvent
  }

  #stepText({ choice, tails }: NonNullable<ViewerParts['project']>): Step {
    const entering = this.#tail === null ? this.#enter(choice, tails) : null
    if (entering !== null || this.#tail === null) return entering
    const tail = this.#tail
    const event = decideText(this.#place, tail)
    if (event === null) return null
    if (event === 'behind') return this.#askStorage(tails, tail)
    if (!isClosed(event)) this.#moveTo(tail, event)
    if (isClosed(event) || (isOpen(event) && event.closed !== null)) {
      this.#doneNo = tail.no
      this.leave()
    }
    return event
  }

  #moveTo(tail: Tail, event: Exclude<TextEvent, ClosedEvent>): void {
    this.#place.isNamed = true
    this.#place.rewriteNo = tail.no
    this.#place.attempt = tail.attempt
    this.#place.length = lengthAfter(event)
  }

  /** Enters the next text. Null when it did, or when there is none; texts that are not wanted any more are passed by. */
  #enter(choice: TextChoice, tails: Tails): Promise<void> | null {
    for (;;) {
      const next = this.#firstId === null ? choice.next(this.#doneNo) : { id: this.#firstId }
      if (next === null || next instanceof Promise) return next
      const tail = tails.find(next.id)
      if (tail === null) return tails.obtain(next.id).then(() => undefined)
      if (tail.closed === null || choice.includesClosed || this.#firstId !== null) {
        this.#firstId = null
        this.#tail = tail
        this.#place.isNamed = false
        this.#releaseTail = tails.hold(tail)
        return null
      }
      this.#doneNo = tail.no
    }
  }

  /** The viewer knows a newer attempt: either storage knows it too, or the viewer never was here. */
  #askStorage(tails: Tails, tail: Tail): Promise<void> {
    if (this.#hasAskedStorage) throw notFound('text', this.cursor)
    this.#hasAskedStorage = true
    return tails.refresh(tail.id)
  }

  #stepFigures(): Step {
    const figures = this.#tail?.closed === null ? this.#tail.figuresEvent : null
    if (figures === null || figures === this.#figures) return null
    this.#figures = figures
    return figures
  }
}

function isClosed(event: TextEvent): event is ClosedEvent {
  return 'type' in event && event.type === 'closed'
}

function isOpen(event: TextEvent): event is OpenEvent {
  return 'type' in event && event.type === 'open'
}
