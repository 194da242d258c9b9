// What each operation costs, in statements as the server gets them: speed that is easily lost without anyone noticing.
import { randomUUID } from 'node:crypto'
import { PrismaPg } from '@prisma/adapter-pg'
import type { Database, Tx } from '@stagewright/core'
import pg from 'pg'
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import { PrismaClient } from '../generated/prisma/client.ts'
import { createDatabase } from './createDatabase.ts'
import { openTestStorage, type TestStorage } from '../testing/openTestStorage.ts'

const sent: string[] = []

class RecordingClient extends pg.Client {
  override query(...args: unknown[]): never {
    const [first] = args as [string | { text: string }]
    sent.push(typeof first === 'string' ? first : first.text)
    return (super.query as (...all: unknown[]) => never)(...args) // pg's overloads are wider than one signature can say
  }
}

describe('statements per operation', () => {
  let storage: TestStorage
  let pool: pg.Pool
  let prisma: PrismaClient
  let database: Database
  let workspaceId: string
  const processorId = randomUUID()
  const ids = { project: '', task: '', rewrite: '' }

  beforeAll(async () => {
    storage = await openTestStorage('postgres')
    pool = new pg.Pool({ ...storage.opened.poolConfig, Client: RecordingClient })
    prisma = new PrismaClient({ adapter: new PrismaPg(pool) })
    database = createDatabase({ prisma, pool, queue: storage.queue })
    workspaceId = (await database.workspacesOf('u'))[0]!
    const place = { id: processorId, pipeline: 'story', stage: 'a', url: 'u', secretEncrypted: 's' }
    await database.insertProcessor({ ...place, active: true, timeLimitMs: 1 })
  })
  afterAll(async () => {
    await prisma?.$disconnect()
    await pool?.end()
    await storage?.close()
  })
  beforeEach(async () => {
    Object.assign(ids, { project: randomUUID(), task: randomUUID(), rewrite: randomUUID() })
    await database.transaction(async (tx) => {
      await tx.insertProject(
        { id: ids.project, workspaceId, createdBy: 'u', pipeline: 'story', title: '', input: {} },
        ['a', 'b'],
      )
      await tx.insertTask(newTask(ids.task))
      await tx.sendJob({ taskId: ids.task, projectId: ids.project })
    })
  })

  function newTask(id: string): Parameters<Tx['insertTask']>[0] {
    const given = {
      id,
      workspaceId,
      projectId: ids.project,
      createdBy: 'u',
      stages: ['a'],
      requestHash: 'h',
      inputs: {},
      eventSeq: 1,
    }
    return {
      ...given,
      idempotencyKey: null,
      instruction: null,
      part: null,
      continueFrom: null,
      model: null,
      reviewEach: false,
      retryOf: null,
    }
  }
  const openRewrite = (tx: Tx) => {
    const origin = { inputRewriteId: null, baseRewriteId: null, instruction: null, createdBy: null }
    const { rewrite: id, project: projectId, task: taskId } = ids
    return tx.insertOpenRewrite({
      id,
      projectId,
      stageKey: 'a',
      no: 1,
      kind: 'generated',
      taskId,
      attempt: 1,
      ...origin,
    })
  }
  const storedFile = {
    format: 'txt' as const,
    mediaType: 'text/plain',
    projectId: null,
    rewriteId: null,
    bytes: 3,
    sha256: 'h',
  }
  const news = () => ({ workspaceId, event: 'task.failed' as const, payload: '{}', giveUpAfterMs: 1 })
  const outside = (): Parameters<Tx['insertOutsideTask']>[0] => {
    const place = { id: randomUUID(), taskId: ids.task, projectId: ids.project, stageKey: 'a', attempt: 1 }
    const origin = { kind: 'generated' as const, inputRewriteId: null, baseRewriteId: null, instruction: null }
    return { ...place, processorId, ...origin, timeLimitMs: 1 }
  }
  const closing = {
    ending: 'complete' as const,
    text: 'abc',
    sha256: 'h',
    summary: null,
    promptTokens: 1,
    completionTokens: 2,
  }

  /** Statements that `action` sends, without those that begin and end its transactions. */
  async function countOf(action: () => Promise<unknown>): Promise<number> {
    sent.length = 0
    await action()
    return sent.filter((text) => !/^(BEGIN|COMMIT)$/i.test(text.trim())).length
  }

  const operations: [name: string, most: number, run: (tx: Tx) => Promise<unknown>][] = [
    ['now', 1, (tx) => tx.now()],
    ['touchProject', 1, (tx) => tx.touchProject(ids.project)],
    ['touchProjectAndWorkspace', 1, (tx) => tx.touchProjectAndWorkspace(ids.project)],
    ['touchWorkspace', 1, (tx) => tx.touchWorkspace(workspaceId)],
    ['updateProject', 1, (tx) => tx.updateProject(ids.project, { lastRewriteNo: 1 })],
    ['stages', 1, (tx) => tx.stages(ids.project)],
    ['updateStage', 1, (tx) => tx.updateStage(ids.project, 'a', { status: 'running', failure: null })],
    ['rewrite', 1, (tx) => tx.rewrite(ids.rewrite)],
    ['storedText', 1, (tx) => tx.storedText(ids.rewrite)],
    ['openRewriteOf', 1, (tx) => tx.openRewriteOf(ids.project)],
    ['instructionsUpTo', 1, (tx) => tx.instructionsUpTo(ids.rewrite)],
    ['insertOpenRewrite', 1, openRewrite],
    ['setCheckpoint', 1, (tx) => tx.setCheckpoint(ids.rewrite, { attempt: 1, length: 0 }, {})],
    [
      'saveDraft',
      1,
      (tx) => tx.saveDraft({ projectId: ids.project, stageKey: 'a', userId: 'u', text: '', baseRewriteId: null }),
    ],
    ['task', 1, (tx) => tx.task(ids.task)],
    ['taskStages', 1, (tx) => tx.taskStages(ids.task)],
    ['liveTasksOf', 1, (tx) => tx.liveTasksOf(ids.project)],
    ['countTasks', 1, (tx) => tx.countTasks({ userId: 'u', statuses: ['queued'] })],
    ['callsInLastHour', 1, (tx) => tx.callsInLastHour('u')],
    ['insertTask', 2, (tx) => tx.insertTask(newTask(randomUUID()))],
    ['updateTask', 1, (tx) => tx.updateTask(ids.task, { attempt: 0 }, { firstClaimedAt: 'now' })],
    ['updateHeldTask', 1, (tx) => tx.updateHeldTask(ids.task, { firstClaimedAt: 'now' })],
    ['updateTaskStage', 1, (tx) => tx.updateTaskStage(ids.task, 'a', { startedAt: 'now' })],
    ['insertAttempt', 1, (tx) => tx.insertAttempt({ taskId: ids.task, attempt: 1, workerId: 'w' })],
    ['endAttempt', 1, (tx) => tx.endAttempt(ids.task, 1, 'completed')],
    ['queuedTasksToWake', 1, (tx) => tx.queuedTasksToWake({ projectId: ids.project, userId: 'u', limit: 5 })],
    ['sendJob', 1, (tx) => tx.sendJob({ taskId: ids.task, projectId: ids.project })],
    [
      'completeJob',
      1,
      (tx) => tx.completeJob({ id: ids.task, taskId: ids.task, projectId: ids.project, retryCount: 0 }),
    ],
    ['insertWebhookDeliveries', 1, (tx) => tx.insertWebhookDeliveries(news())],
    ['insertOutsideTask', 1, (tx) => tx.insertOutsideTask(outside())],
    ['outsideTask', 1, (tx) => tx.outsideTask(ids.task)],
    ['outsideMessage', 1, (tx) => tx.outsideMessage(ids.task, 'm')],
    [
      'recordTry',
      1,
      (tx) => tx.recordTry(ids.task, { at: '', status: 200, problem: null, body: null }, { status: 'delivered' }),
    ],
    ['dropDeliveries', 1, (tx) => tx.dropDeliveries({ webhookId: ids.task })],
    ['jobState', 1, (tx) => tx.jobState(ids.task)],
    ['removeJobs', 1, (tx) => tx.removeJobs(ids.task)],
    ['file', 1, (tx) => tx.file(ids.task)],
    ['markFileStored', 1, (tx) => tx.markFileStored(ids.task, storedFile)],
    ['attachFile', 1, (tx) => tx.attachFile(ids.task, { id: ids.project, workspaceId })],
    ['releaseFilesOf', 1, (tx) => tx.releaseFilesOf(ids.rewrite)],
  ]

  it.each(operations)('D19 %s: at most %i', async (_name, most, run) => {
    expect(await countOf(() => database.transaction(run))).toBe(most)
  })

  it('a look of any kind is one statement, which is one snapshot', async () => {
    await database.transaction(openRewrite)
    const looks: (() => Promise<unknown>)[] = [
      () => database.projectLook(ids.project),
      () => database.storedTextFrom(ids.rewrite, 0),
      () => database.madeText(workspaceId, 'hash'),
      () => database.taskLook(ids.task),
      () => database.taskWithRewrites(ids.task),
      () => database.taskDetails(ids.task),
      () => database.changedTasks(workspaceId, 0, 10),
      () => database.listTasks({ workspaceIds: [workspaceId], page: 1, pageSize: 20 }),
      () => database.listProjects({ workspaceIds: [workspaceId], archived: false, page: 1, pageSize: 20 }),
      () => database.appendChunks([{ rewriteId: ids.rewrite, attempt: 1, offset: 0, text: 'abc' }]),
      () => database.workspacesOf('u'),
      () => database.sweepRows(),
      () => database.file(ids.task),
      () => database.filesOfRewrites([ids.rewrite]),
      () => database.filesToForget(10),
      () => database.purgeProjects(1_000_000, 10),
      () => database.takeDueDeliveries({ limit: 20, leaseMs: 1 }),
      () => database.outsideTask(ids.task),
      () => database.listProcessors(),
      () => database.listWebhooks([workspaceId]),
    ]
    for (const look of looks) {
      expect(await countOf(look)).toBe(1)
      expect(sent).toHaveLength(1)
    }
  })

  it('a task of one stage from its claim to its end: 10', async () => {
    const job = (await storage.queue.fetch(100)).find((fetched) => fetched.taskId === ids.task)!
    const claim = async (tx: Tx) => {
      const { eventSeq } = (await tx.touchProjectAndWorkspace(ids.project))!
      await tx.projectStanding(ids.project)
      await tx.updateHeldTask(ids.task, { attempt: 1, status: 'running', eventSeq })
      await tx.insertAttempt({ taskId: ids.task, attempt: 1, workerId: 'w' })
      await openRewrite(tx)
      await tx.updateProject(ids.project, { lastRewriteNo: 1 })
      await tx.updateStage(ids.project, 'a', { status: 'running', lastRewriteId: ids.rewrite })
    }
    const finish = async (tx: Tx) => {
      await tx.touchProjectAndWorkspace(ids.project)
      expect(await tx.closeRewrite(ids.rewrite, { attempt: 1, length: 3 }, closing)).toBe(true)
      await tx.updateStage(ids.project, 'a', { status: 'done', currentRewriteId: ids.rewrite })
      await tx.updateTaskStage(ids.task, 'a', { status: 'done', endedAt: 'now' })
      await tx.updateTask(ids.task, { attempt: 1 }, { status: 'completed', endedAt: 'now' })
      await tx.endAttempt(ids.task, 1, 'completed')
      await tx.completeJob(job)
    }
    const counts = [await countOf(() => database.transaction(claim))]
    await database.appendChunks([{ rewriteId: ids.rewrite, attempt: 1, offset: 0, text: 'abc' }])
    counts.push(await countOf(() => database.transaction(finish)))
    expect(counts).toEqual([4, 6])
  })
})
