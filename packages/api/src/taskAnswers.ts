/**
 * What `tasks.get` answers, remembered so that asking again and again costs the database little.
 *
 * Guarantees: an answer is given again only while its project stands at the revision it was read at, so nobody is
 * answered with less than what was acknowledged before; of a task that has not ended it is at most 2 s old, because calls
 * and places in the queue change without a revision; whether the caller may see it is asked of the database each time.
 *
 * An answer: read -> believed -> (2 s, another revision, too many others) forgotten.
 */
import {
  hasEnded,
  isPipelineKey,
  notFound,
  pipelineOf,
  typicalOf,
  type Actor,
  type Clock,
  type Database,
  type Feed,
  type FileRecord,
  type TaskDetails,
  type Typical,
} from '@stagewright/core'
import { viewTask, type TaskView } from './views/task.ts'

const believedMs = 2_000
const mostRemembered = 1_000
const usualForMs = 60_000
/** Enough for a median of each stage, and little to read. */
const pastRunsRead = 100

/** An answer, with what decides who may have it and for how long. */
export type KnownTask = { view: TaskView; workspaceId: string; revision: number }

/** Answers that several processes share. Never throws, and keeps nobody waiting: what takes long is null. */
export interface TaskShelf {
  take(taskId: string): Promise<{ known: KnownTask; ageMs: number } | null>
  put(taskId: string, known: KnownTask): void
}

export type TaskAnswers = {
  /** Throws notFound for what the actor may not see. */
  get(actor: Actor, taskId: string): Promise<TaskView>
}

export type TaskAnswersDeps = {
  database: Pick<
    Database,
    'filesOfRewrites' | 'isMember' | 'pastRuns' | 'projectRevision' | 'queuePosition' | 'taskDetails'
  >
  feed: Pick<Feed, 'liveLength'>
  clock: Clock
  /** The project's present revision where it is known without asking, never an older one: only a lone process can. */
  freshRevision(projectId: string): number | null
  /** Null where there is no faster place than the database. */
  shelf: TaskShelf | null
}

type Remembered = { known: KnownTask; readAt: number }

export function createTaskAnswers(deps: TaskAnswersDeps): TaskAnswers {
  const { database, feed, clock, shelf } = deps
  const remembered = new Map<string, Remembered>()
  const usuals = new Map<string, { typical: ReadonlyMap<string, Typical>; readAt: number }>()

  const remember = (taskId: string, entry: Remembered): void => {
    remembered.delete(taskId)
    remembered.set(taskId, entry)
    if (remembered.size > mostRemembered) remembered.delete(remembered.keys().next().value!)
  }
  const isYoung = ({ known, readAt }: Remembered): boolean => isFinal(known.view) || clock.now() - readAt < believedMs

  /** A remembered answer, of this process or another, that is still true. */
  const recall = async (taskId: string): Promise<KnownTask | null> => {
    const own = remembered.get(taskId)
    const entry = own !== undefined && isYoung(own) ? own : await takeShelved(taskId)
    if (entry === null || !isYoung(entry)) return null
    const { known } = entry
    const { projectId } = known.view
    const revision = deps.freshRevision(projectId) ?? (await database.projectRevision(projectId))
    if (revision !== known.revision) return null
    if (entry !== own) remember(taskId, entry)
    return known
  }
  const takeShelved = async (taskId: string): Promise<Remembered | null> => {
    const shelved = (await shelf?.take(taskId)) ?? null
    return shelved && { known: shelved.known, readAt: clock.now() - shelved.ageMs }
  }
  /** The past changes slowly: it is read once a minute. */
  const usual = async (workspaceId: string, pipeline: string): Promise<ReadonlyMap<string, Typical>> => {
    const key = `${workspaceId} ${pipeline}`
    const known = usuals.get(key)
    if (known !== undefined && clock.now() - known.readAt < usualForMs) return known.typical
    const typical = typicalOf(await database.pastRuns(workspaceId, pipeline, pastRunsRead))
    usuals.delete(key)
    usuals.set(key, { typical, readAt: clock.now() })
    if (usuals.size > mostRemembered) usuals.delete(usuals.keys().next().value!)
    return typical
  }
  const read = async (taskId: string): Promise<KnownTask> => {
    const readAt = clock.now()
    const details = await database.taskDetails(taskId)
    if (details === null || details.task.removedAt !== null) throw notFound('task', taskId)
    const { status, workspaceId } = details.task
    const isComing = status === 'queued' || status === 'running'
    const view = viewTask(details, {
      queuePosition: status === 'queued' ? await database.queuePosition(taskId) : null,
      typical: isComing ? await usual(workspaceId, details.pipeline) : new Map(),
      files: await filesOf(database, details),
    })
    const known = { view, workspaceId, revision: details.projectRevision }
    remember(taskId, { known, readAt })
    shelf?.put(taskId, known)
    return known
  }
  return {
    async get(actor, taskId) {
      const known = (await recall(taskId)) ?? (await read(taskId))
      if (!(await database.isMember(actor.userId, known.workspaceId))) throw notFound('task', taskId)
      return withLiveLength(known.view, feed)
    },
  }
}

/** A version's file is made of its project's: where a project has none, nothing is asked. */
async function filesOf(
  database: Pick<Database, 'filesOfRewrites'>,
  { pipeline, rewrites }: TaskDetails,
): Promise<FileRecord[]> {
  const takesFile = isPipelineKey(pipeline) && pipelineOf(pipeline).fileOf !== undefined
  return takesFile ? database.filesOfRewrites(rewrites.map(({ id }) => id)) : []
}

/** What came of a call may be written down after the task has ended, by a worker that was late. */
function isFinal({ status, calls }: TaskView): boolean {
  return hasEnded(status) && calls.every((call) => call.outcome !== null)
}

/** What is being written here, or followed, is longer than what was read. */
function withLiveLength(view: TaskView, feed: Pick<Feed, 'liveLength'>): TaskView {
  if (view.status !== 'running') return view
  const stages = view.stages.map((stage) => {
    if (stage.ending !== null || stage.rewriteId === null || stage.attempt === null) return stage
    const length = feed.liveLength(stage.rewriteId, stage.attempt) ?? stage.length
    return { ...stage, length: Math.max(length ?? 0, stage.length ?? 0) }
  })
  return { ...view, stages }
}
