import { createFeed, pipelineOf, type Database, type TaskStatus, type Tx } from '@stagewright/core'
import { createManualClock, createMemoryStorage, type ManualClock } from '@stagewright/core/testing'
import { beforeEach, describe, expect, it, onTestFinished } from 'vitest'
import {
  crypto,
  seedClosedRewrite,
  seedOpenRewrite,
  seedProject,
  seedTask,
  type SeededProject,
} from '../../core/src/testing/seeds.ts'
import { createTaskAnswers, type KnownTask, type TaskAnswers, type TaskShelf } from './taskAnswers.ts'

let clock: ManualClock
let database: Database
let project: SeededProject
let taskId: string
let asked: Record<string, number>
let answers: TaskAnswers
const actor = () => ({ userId: project.userId })

beforeEach(async () => {
  clock = createManualClock(1_000_000)
  database = createMemoryStorage({ crypto, clock }).database
  project = await seedProject(database)
  taskId = (await seedTask(database, project)).id
  asked = {}
  answers = openProcess()
})

/** The answers of one process on the storage, which counts what it is asked. */
function openProcess(options: { shelf?: TaskShelf; feed?: ReturnType<typeof createFeed>; isAlone?: boolean } = {}) {
  const { shelf = null, feed = createFeed({ database, clock }), isAlone = false } = options
  const count = <Args extends unknown[], T>(name: string, action: (...args: Args) => T) => {
    return (...args: Args): T => {
      asked[name] = (asked[name] ?? 0) + 1
      return action(...args)
    }
  }
  const counted = {
    filesOfRewrites: count('filesOfRewrites', database.filesOfRewrites),
    pastRuns: count('pastRuns', database.pastRuns),
    isMember: count('isMember', database.isMember),
    projectRevision: count('projectRevision', database.projectRevision),
    queuePosition: count('queuePosition', database.queuePosition),
    taskDetails: count('taskDetails', database.taskDetails),
  }
  const freshRevision = isAlone ? feed.freshRevision : (): null => null
  return createTaskAnswers({ database: counted, feed, clock, freshRevision, shelf })
}

/** A change of the task as the engine makes one. */
async function change(status: TaskStatus): Promise<void> {
  await database.transaction(async (tx) => {
    await tx.touchProject(project.projectId)
    const hasEnded = status === 'completed' || status === 'cancelled'
    await tx.updateTask(taskId, {}, { status, ...(hasEnded ? { endedAt: 'now' } : {}) })
  })
}

function createShelf(): TaskShelf & { kept: Map<string, { known: KnownTask; at: number }> } {
  const kept = new Map<string, { known: KnownTask; at: number }>()
  return {
    kept,
    async take(id) {
      const entry = kept.get(id)
      return entry === undefined ? null : { known: entry.known, ageMs: clock.now() - entry.at }
    },
    put: (id, known) => void kept.set(id, { known: structuredClone(known), at: clock.now() }),
  }
}

describe('asking for a task again and again', () => {
  it('M14 reads it once, and then only whether it is still so and may be seen', async () => {
    await change('running')
    const first = await answers.get(actor(), taskId)
    for (let count = 0; count < 99; count += 1) expect(await answers.get(actor(), taskId)).toEqual(first)
    expect(asked).toEqual({ taskDetails: 1, pastRuns: 1, isMember: 100, projectRevision: 99 })
  })

  it('M14 answers with every change at once', async () => {
    for (const status of ['running', 'waiting', 'running', 'cancelled'] as const) {
      await change(status)
      expect(await answers.get(actor(), taskId)).toMatchObject({ status })
      expect(await answers.get(actor(), taskId)).toMatchObject({ status })
    }
    expect(asked['taskDetails']).toBe(4)
  })

  it('M14 believes what runs for 2 s, and what has ended for good', async () => {
    await change('running')
    await answers.get(actor(), taskId)
    clock.advance(1_999)
    await answers.get(actor(), taskId)
    expect(asked['taskDetails']).toBe(1)
    clock.advance(1)
    await answers.get(actor(), taskId)
    expect(asked['taskDetails']).toBe(2)
    await change('completed')
    await answers.get(actor(), taskId)
    clock.advance(10 * 3_600_000)
    await answers.get(actor(), taskId)
    expect(asked['taskDetails']).toBe(3)
  })

  it('M14 reads again what has ended while the outcome of a call is not known', async () => {
    const call = {
      id: crypto.newId(),
      taskId,
      attempt: 1,
      stageKey: 'rewrite',
      createdBy: project.userId,
      messages: [],
    }
    await database.insertCall({ ...call, providerId: 'demo', providerName: 'A provider', model: 'a-model' })
    await change('cancelled')
    expect(await answers.get(actor(), taskId)).toMatchObject({ calls: [{ outcome: null }] })
    const came = { failure: null, firstTextMs: 1, promptTokens: 1, completionTokens: 1, usageEstimated: false }
    await database.endCall(call.id, { outcome: 'aborted', reasoning: null, ...came })
    clock.advance(2_000)
    expect(await answers.get(actor(), taskId)).toMatchObject({ calls: [{ outcome: 'aborted' }] })
  })

  it('M14 is refused to others, and to all once it is removed', async () => {
    await answers.get(actor(), taskId)
    const refused = expect.objectContaining({ code: 'notFound' })
    await expect(answers.get({ userId: crypto.newId() }, taskId)).rejects.toEqual(refused)
    await expect(answers.get(actor(), crypto.newId())).rejects.toEqual(refused)
    await change('completed')
    await answers.get(actor(), taskId)
    await database.transaction(async (tx) => {
      await tx.touchProject(project.projectId)
      await tx.updateTask(taskId, {}, { removedAt: 'now' })
    })
    await expect(answers.get(actor(), taskId)).rejects.toEqual(refused)
    await expect(answers.get(actor(), taskId)).rejects.toEqual(refused)
  })

  it('M14 needs not even ask how its project stands, in a lone process where somebody follows it', async () => {
    const feed = createFeed({ database, clock })
    answers = openProcess({ feed, isAlone: true })
    await change('running')
    const leaving = new AbortController()
    const following = feed.followProject({ projectId: project.projectId, signal: leaving.signal })
    await following.next()
    for (let count = 0; count < 10; count += 1) await answers.get(actor(), taskId)
    expect(asked).toEqual({ taskDetails: 1, pastRuns: 1, isMember: 10 })
    await change('cancelled')
    feed.projectChanged(project.projectId)
    expect(await answers.get(actor(), taskId)).toMatchObject({ status: 'cancelled' })
    leaving.abort()
    await following.next()
    feed.close()
  })

  it('M14 says how long the text is by now, where it is written', async () => {
    const feed = createFeed({ database, clock })
    answers = openProcess({ feed })
    const rewriteId = await seedOpenRewrite(database, project.projectId, { taskId })
    await database.transaction((tx) => tx.updateTaskStage(taskId, 'rewrite', { status: 'running', rewriteId }))
    await change('running')
    const live = feed.startText((await database.storedTextFrom(rewriteId, 0))!.rewrite, '')
    const lengthNow = async () => (await answers.get(actor(), taskId)).stages[0]?.length
    expect(await lengthNow()).toBe(0)
    live.append('twelve chars')
    expect(await lengthNow()).toBe(12)
    expect(asked['taskDetails']).toBe(1)
    feed.close()
  })
})

describe('answers that processes share', () => {
  it('M15 spare the other process the reading, while they are true and young', async () => {
    const shelf = createShelf()
    const [here, there] = [openProcess({ shelf }), openProcess({ shelf })]
    await change('running')
    const answer = await here.get(actor(), taskId)
    clock.advance(1_000)
    expect(await there.get(actor(), taskId)).toEqual(answer)
    expect(asked['taskDetails']).toBe(1)
    // Taken from another, it is no younger for that.
    clock.advance(1_000)
    await there.get(actor(), taskId)
    expect(asked['taskDetails']).toBe(2)
    await change('cancelled')
    expect(await there.get(actor(), taskId)).toMatchObject({ status: 'cancelled' })
    clock.advance(3_600_000)
    expect(await here.get(actor(), taskId)).toMatchObject({ status: 'cancelled' })
    expect(asked['taskDetails']).toBe(3)
  })

  it('M15 are refused to others', async () => {
    const shelf = createShelf()
    const [here, there] = [openProcess({ shelf }), openProcess({ shelf })]
    await here.get(actor(), taskId)
    const stranger = there.get({ userId: crypto.newId() }, taskId)
    await expect(stranger).rejects.toEqual(expect.objectContaining({ code: 'notFound' }))
  })
})

describe('the files of a task', () => {
  const stored = { format: 'txt', mediaType: 'text/plain', bytes: 1, sha256: 'h' } as const
  /** A file of a version that the task made, as a delivery leaves it. */
  async function deliver(no: number, name: string): Promise<string> {
    const { projectId, workspaceId, userId: createdBy } = project
    const rewriteId = await seedOpenRewrite(database, projectId, { taskId, no })
    const id = crypto.newId()
    await database.insertFile({ id, workspaceId, createdBy, name, mediaType: 'text/plain' })
    await database.transaction(async (tx) => {
      await tx.touchProject(projectId)
      await tx.markFileStored(id, { ...stored, projectId, rewriteId })
    })
    return id
  }

  it('K5 are told with it, also when they came since it was last asked for', async () => {
    const story = pipelineOf('story')
    story.fileOf = () => null
    onTestFinished(() => void delete story.fileOf)
    await change('running')
    expect((await answers.get(actor(), taskId)).files).toEqual([])
    const id = await deliver(1, '报告.de.docx')
    expect((await answers.get(actor(), taskId)).files).toEqual([{ id, name: '报告.de.docx' }])
    expect(asked['filesOfRewrites']).toBe(2)
  })

  it('K5 are not asked for where its pipeline takes none', async () => {
    await deliver(1, 'a')
    expect((await answers.get(actor(), taskId)).files).toEqual([])
    expect(asked['filesOfRewrites']).toBeUndefined()
  })
})

describe('what is left of a task', () => {
  /** A run of the stage that took so long, its text being `length` long. */
  async function runBefore(no: number, durationMs: number): Promise<void> {
    const { id } = await seedTask(database, project)
    const rewriteId = await seedClosedRewrite(database, project.projectId, { no, text: 'x'.repeat(100) })
    const stage = (patch: Parameters<Tx['updateTaskStage']>[2]) =>
      database.transaction((tx) => tx.updateTaskStage(id, 'rewrite', patch))
    await stage({ status: 'running', rewriteId, startedAt: 'now' })
    clock.advance(durationMs)
    await stage({ status: 'done', endedAt: 'now' })
    await database.transaction((tx) => tx.updateTask(id, {}, { status: 'completed', endedAt: 'now' }))
  }

  it('E53 is told once its stage was run often enough, and the past is read once a minute', async () => {
    await change('running')
    await database.transaction((tx) => tx.updateTaskStage(taskId, 'rewrite', { status: 'running', startedAt: 'now' }))
    expect((await answers.get(actor(), taskId)).estimatedRemainingSeconds).toBeNull()
    for (const [at, durationMs] of [8_000, 10_000, 30_000].entries()) await runBefore(at + 1, durationMs)
    clock.advance(61_000)
    const again = await seedTask(database, project)
    const { estimatedRemainingSeconds, progress } = await answers.get(actor(), again.id)
    expect([estimatedRemainingSeconds, progress]).toEqual([10, 0])
    expect(asked['pastRuns']).toBe(2)
    await answers.get(actor(), again.id)
    expect(asked['pastRuns']).toBe(2)
  })

  it('E53 is nothing when it has ended', async () => {
    for (let no = 1; no <= 3; no++) await runBefore(no, 5_000)
    await change('completed')
    expect(await answers.get(actor(), taskId)).toMatchObject({ estimatedRemainingSeconds: null, progress: 100 })
  })
})
