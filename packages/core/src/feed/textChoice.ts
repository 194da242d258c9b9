/** Which texts a viewer is sent, one after another in order of their numbers. */
import type { EndEvent } from './events.ts'
import type { ProjectHub } from './projectHub.ts'
import type { Tails } from './tails.ts'
import type { TaskWatch } from './taskWatch.ts'

export interface TextChoice {
  /** The next text after number `no`; a promise when storage must be read first; null when there is none yet. */
  next(no: number): { id: string; no: number } | Promise<void> | null
  /** Finished texts are sent too. */
  readonly includesClosed: boolean
  /** The last event, once every text was sent; a promise when storage must be read first. */
  end(): EndEvent | Promise<void> | null
}

/** The project's open texts: finished ones are immutable and can be fetched. */
export function chooseOpenTexts(hub: ProjectHub, tails: Tails): TextChoice {
  return {
    includesClosed: false,
    next: (no) => firstAfter(no, [...hub.openHeads(), ...tails.openOf(hub.projectId)]),
    end: () => null,
  }
}

/** All texts of one task, and then its end. */
export function chooseTextsOfTask(hub: ProjectHub, tails: Tails, watch: TaskWatch): TextChoice {
  return {
    includesClosed: true,
    next(no) {
      if (watch.revision < hub.revision) return watch.renew(hub.revision)
      // A text that begins in this process is here before storage is asked.
      const begun = tails.openOf(hub.projectId).filter((tail) => tail.taskId === watch.taskId)
      return firstAfter(no, [...watch.rewrites, ...begun])
    },
    end() {
      if (watch.end === null) return null
      // The task was read after the state: viewers are told the state that it ended in first.
      const isShownLive = hub.stateEvent?.state.tasks.some((task) => task.id === watch.taskId)
      return isShownLive === true ? hub.refresh() : watch.end
    },
  }
}

function firstAfter(no: number, heads: readonly { id: string; no: number }[]): { id: string; no: number } | null {
  return heads.reduce<{ id: string; no: number } | null>(
    (first, head) => (head.no > no && (first === null || head.no < first.no) ? head : first),
    null,
  )
}
