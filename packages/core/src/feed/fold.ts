/**
 * A viewer's side of the feed: folds events into what is to be shown. Pure and without dependencies, so that clients
 * carry it. Guarantee: a view's text never has a gap and never mixes attempts; what can't be folded is said, never
 * papered over. A repeated event does no harm.
 */
import type {
  ClosedEvent,
  DeltaEvent,
  EndEvent,
  FeedEvent,
  Figures,
  OpenEvent,
  ProjectState,
  ResetEvent,
  StateEvent,
  WorkspaceEvent,
  WorkspaceTaskView,
} from './events.ts'

export type TextView = {
  rewriteNo: number
  rewriteId: string
  stage: string
  /** The attempt its text is of. */
  attempt: number
  /** The attempt this connection last named; deltas of a lower one than `attempt` are dropped. */
  namedAttempt: number
  /** Only ever appended to and cut at its end, which engines do without copying it. */
  text: string
  closed: ClosedEvent | null
}

export type FeedView = {
  /** 0 until the first state came. */
  revision: number
  state: ProjectState | null
  figures: Figures | null
  /** The texts received, by rewrite number. */
  texts: ReadonlyMap<number, TextView>
  /** The last text that was named, if any. */
  current: TextView | null
  eventSeq: number
  /** Tasks of the workspace that changed since the view began, by id. */
  tasks: ReadonlyMap<string, WorkspaceTaskView>
  end: EndEvent | null
}

/** The event does not follow on what the view has: ask again from the view's cursor, or without one when that was done. */
export type Gap = { gap: string }

export const emptyView: FeedView = {
  revision: 0,
  state: null,
  figures: null,
  texts: new Map(),
  current: null,
  eventSeq: 0,
  tasks: new Map(),
  end: null,
}

export function isGap(folded: FeedView | Gap): folded is Gap {
  return 'gap' in folded
}

/** The view with the event in it. */
export function foldEvent(view: FeedView, event: FeedEvent): FeedView | Gap {
  if (!('type' in event)) return foldDelta(view, event)
  switch (event.type) {
    case 'state':
      return foldState(view, event)
    case 'figures':
      return { ...view, figures: event.figures }
    case 'open':
      return foldOpenAndClose(view, event)
    case 'reset':
      return foldReset(view, event)
    case 'closed':
      return foldClosed(view, event)
    case 'workspace':
      return foldWorkspace(view, event)
    case 'end':
      return { ...view, end: event }
  }
}

/** Whether a closed text is the stored one, letter by letter. `sha256` gives the hash of UTF-8 in hex. */
export async function verifyText(text: TextView, sha256: (text: string) => Promise<string>): Promise<boolean> {
  if (text.closed === null || text.closed.length !== text.text.length) return false
  return (await sha256(text.text)) === text.closed.sha256
}

function foldState(view: FeedView, { revision, state }: StateEvent): FeedView {
  return revision < view.revision ? view : { ...view, revision, state }
}

function foldWorkspace(view: FeedView, { eventSeq, tasks }: WorkspaceEvent): FeedView {
  if (eventSeq <= view.eventSeq) return view
  if (tasks.length === 0) return { ...view, eventSeq }
  return { ...view, eventSeq, tasks: new Map([...view.tasks, ...tasks.map((task) => [task.id, task] as const)]) }
}

function foldOpenAndClose(view: FeedView, event: OpenEvent): FeedView | Gap {
  const opened = foldOpen(view, event)
  if (event.closed === null || isGap(opened)) return opened
  const { rewriteNo, attempt } = event
  return foldClosed(opened, { type: 'closed', rewriteNo, attempt, ...event.closed })
}

function foldOpen(view: FeedView, event: OpenEvent): FeedView | Gap {
  const { rewriteNo, rewriteId, stage, attempt, from } = event
  const known = view.texts.get(rewriteNo)
  const held = known?.rewriteId === rewriteId ? known : null
  if (held !== null && attempt < held.attempt) return withText(view, { ...held, namedAttempt: attempt })
  if (from === 0 && (held === null || attempt > held.attempt)) {
    return withText(view, {
      rewriteNo,
      rewriteId,
      stage,
      attempt,
      namedAttempt: attempt,
      text: event.text,
      closed: null,
    })
  }
  if (held === null) return { gap: `Rewrite ${rewriteNo} goes on from ${from}, and nothing of it is here.` }
  if (attempt > held.attempt) return { gap: `Rewrite ${rewriteNo} goes on under attempt ${attempt} without a reset.` }
  const text = appended(held, from, event.text)
  return typeof text === 'string' ? withText(view, { ...held, text, namedAttempt: attempt }) : text
}

function foldDelta(view: FeedView, [rewriteNo, offset, text]: DeltaEvent): FeedView | Gap {
  const held = view.texts.get(rewriteNo)
  if (held === undefined) return { gap: `Rewrite ${rewriteNo} was never opened.` }
  if (held.namedAttempt < held.attempt) return view
  const whole = appended(held, offset, text)
  if (typeof whole !== 'string') return whole
  return whole === held.text ? view : withText(view, { ...held, text: whole })
}

function foldReset(view: FeedView, { rewriteNo, attempt, keepUpTo }: ResetEvent): FeedView | Gap {
  const held = view.texts.get(rewriteNo)
  if (held === undefined) return { gap: `Rewrite ${rewriteNo} is reset, and nothing of it is here.` }
  if (attempt < held.attempt) return withText(view, { ...held, namedAttempt: attempt })
  if (keepUpTo > held.text.length)
    return { gap: `Rewrite ${rewriteNo} keeps ${keepUpTo}, and ${held.text.length} is here.` }
  const text = held.text.slice(0, keepUpTo)
  return withText(view, { ...held, attempt, namedAttempt: attempt, text, closed: null })
}

function foldClosed(view: FeedView, event: ClosedEvent): FeedView | Gap {
  const held = view.texts.get(event.rewriteNo)
  if (held === undefined) return { gap: `Rewrite ${event.rewriteNo} closed, and nothing of it is here.` }
  if (event.attempt < held.attempt) return view
  if (event.attempt > held.attempt || event.length !== held.text.length) {
    return { gap: `Rewrite ${event.rewriteNo} closed at ${event.length}, and ${held.text.length} is here.` }
  }
  return withText(view, { ...held, closed: event })
}

/** Appends at the end, skips what is there already; a gap when something before it is missing. */
function appended({ rewriteNo, text }: TextView, offset: number, added: string): string | Gap {
  if (offset > text.length) return { gap: `Rewrite ${rewriteNo} goes on at ${offset}, and ${text.length} is here.` }
  const known = text.length - offset
  return known >= added.length ? text : text + (known === 0 ? added : added.slice(known))
}

/** Few rewrites are followed by one view, so copying the map costs next to nothing. */
function withText(view: FeedView, text: TextView): FeedView {
  return { ...view, texts: new Map(view.texts).set(text.rewriteNo, text), current: text }
}
