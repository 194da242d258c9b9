import { findStuck, mendStuck, readLoad, type MendParts, type Stuck } from '@stagewright/db'
import { note, well, wordsOf, wrong, type Finding } from './finding.ts'

const loadWithinMs = 10_000
/** A task that could run waits for seconds. Those of a user beyond their limit wait for longer, which is meant. */
const patienceSeconds = 60

export type TaskCheck = MendParts & {
  isAtRest: boolean
  /** Before the first mending: a look needs no running queue, whose start would renew its tables. */
  prepare(): Promise<void>
  afterMs?: number | undefined
}

/** The queue as a whole. `isAtRest`: the database is embedded and no server runs, so that nobody is meant to work. */
export async function checkQueue({ pool, isAtRest }: Pick<TaskCheck, 'pool' | 'isAtRest'>): Promise<Finding> {
  const { tasks, jobs, oldestQueuedSeconds } = await readLoad(pool, { limitMs: loadWithinMs })
  const says = `${tasks.queued} queued, ${tasks.running} running, ${tasks.waiting} waiting for a review.`
  if (isAtRest) return well('queue', `${says} They go on with the next start.`)
  const isIdle = jobs.held === 0 && jobs.waiting > 0 && oldestQueuedSeconds > patienceSeconds
  if (!isIdle) return well('queue', says)
  return wrong(
    'queue',
    `${says} The oldest has waited for ${Math.round(oldestQueuedSeconds)} s and nobody works: start a worker.`,
  )
}

export async function checkStuck(parts: TaskCheck): Promise<Finding[]> {
  const age = parts.afterMs === undefined ? {} : { afterMs: parts.afterMs }
  const found = (await findStuck(parts.pool, age)).filter((stuck) => !parts.isAtRest || isStuckAtRest(stuck))
  if (found.length === 0) return [well('stuck tasks', 'There are none.')]
  return found.map((stuck) => {
    const { says, mend } = describe(stuck)
    return wrong(stuck.type, says, { says: mend, run: () => tryToMend(parts, stuck, age) })
  })
}

/** What a start mends by itself is not stuck while there is none. */
function isStuckAtRest({ type }: Stuck): boolean {
  return type !== 'taskWithoutJob' && type !== 'leaseRunOut'
}

async function tryToMend(parts: TaskCheck, stuck: Stuck, age: { afterMs?: number }): Promise<boolean> {
  try {
    await parts.prepare()
    return await mendStuck(parts, stuck, age)
  } catch (error) {
    throw new Error(`It was left as it is: ${wordsOf(error)}`, { cause: error })
  }
}

function describe(stuck: Stuck): { says: string; mend: string } {
  switch (stuck.type) {
    case 'taskWithoutJob':
      return {
        says: `Task ${stuck.taskId} is ${stuck.status} and has no job: nobody will look at it${stuck.status === 'running' ? ', and it holds its places' : ''}.`,
        mend: 'give it a job',
      }
    case 'leaseRunOut':
      return {
        says: `Task ${stuck.taskId} was taken by a worker that is gone: it runs nowhere and holds its places.`,
        mend: 'give its job free for another worker',
      }
    case 'jobWithoutTask':
      return { says: `Job ${stuck.jobId} is for task ${stuck.taskId}, which is over or gone.`, mend: 'remove the job' }
    case 'openText':
      return {
        says: `Text ${stuck.rewriteId} (${stuck.stage}, project ${stuck.projectId}) is open although no task writes it: no other can begin there.`,
        mend: 'close it as interrupted, with what is stored',
      }
    case 'heldStage':
      return {
        says: `Stage ${stuck.stage} of project ${stuck.projectId} is ${stuck.status} although no task is going to run it.`,
        mend: 'set it to what its text says',
      }
  }
}

export function describeLock(isReady: boolean, dataDir: string): Finding {
  const says = `The data folder ${dataDir} is in use by a running server, so its database can only be asked through it`
  if (isReady) return note('database', `${says}: it says that it is ready. Stop it to look inside.`)
  return wrong(
    'database',
    `${says}, and that does not say that it is ready. Look at its log; if HOST or PORT differ, set them as it has them.`,
  )
}
