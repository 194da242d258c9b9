import { afterEach, describe, expect, it } from 'vitest'
import type { FollowedEvent } from '../feed/follow.ts'
import { createMemoryStorage } from '../memory/index.ts'
import { createCuttableStorage } from '../testing/cuttableStorage.ts'
import { createNodeCrypto } from '../testing/nodeCrypto.ts'
import { openProgram, realClock, type OpenProgram, type ProgramOptions } from '../testing/openProgram.ts'
import { createScriptedModel } from '../testing/scriptedModel.ts'

const actor = { userId: 'anna' }
const opened: OpenProgram[] = []

afterEach(async () => {
  await Promise.all(opened.splice(0).map((program) => program.close()))
})

function createCluster() {
  const storage = createMemoryStorage({ crypto: createNodeCrypto(), clock: realClock })
  const join = (options: Partial<ProgramOptions> = {}) => {
    const model = createScriptedModel()
    const cut = createCuttableStorage(storage)
    const program = openProgram({ provider: model, storage: cut, ...options })
    return { ...program, model, cut }
  }
  /** A process that is ended with the test; dead ones can't be. */
  const start = async (options: Partial<ProgramOptions> & { nobodyElse?: boolean } = {}) => {
    const node = join(options)
    opened.push(node)
    await node.engine.start({ nobodyElse: options.nobodyElse ?? true })
    return node
  }
  return { storage, join, start }
}

type Storage = ReturnType<typeof createMemoryStorage>

async function until<T>(read: () => Promise<T | false | null | undefined>): Promise<T> {
  for (;;) {
    const found = await read()
    if (found) return found
    await new Promise((resolve) => setImmediate(resolve))
  }
}

const openRewrite = async ({ database }: Storage, projectId: string) =>
  (await database.projectLook(projectId))!.rewrites.find((rewrite) => rewrite.ending === null)

const showsText = ({ event }: FollowedEvent): boolean =>
  'type' in event && event.type === 'open' && event.text === 'text'

const durable = (storage: Storage, projectId: string, length: number) =>
  until(async () => ((await openRewrite(storage, projectId))?.length ?? 0) >= length)

describe('after a crash', () => {
  it('E16 a task starts anew under the next attempt, and its viewer is told to cut', async () => {
    const { storage, join, start } = createCluster()
    const first = join()
    await first.engine.start({ nobodyElse: true })
    const { projectId } = await first.projects.create(actor, { pipeline: 'three', input: { text: 't' } })
    const { taskId } = await first.engine.create(actor, { projectId, stages: ['first'] })
    ;(await first.model.nextCall()).send('lost text')
    await durable(storage, projectId, 9)
    first.cut.kill()

    const second = await start()
    const call = await second.model.nextCall()
    const seen: unknown[] = []
    const following = (async () => {
      for await (const { event } of second.feed.followTask({
        taskId,
        cursor: null,
        signal: new AbortController().signal,
      }))
        seen.push(event)
    })()
    call.send('whole text')
    call.finish()
    await following
    expect(seen.at(-1)).toMatchObject({ type: 'end', status: 'completed' })
    const [rewrite] = (await storage.database.taskWithRewrites(taskId))!.rewrites
    expect(rewrite).toMatchObject({ attempt: 2, spans: [{ attempt: 2, from: 0 }], length: 10, ending: 'complete' })
    expect(await second.lastText(projectId, 'first')).toBe('whole text')
  })

  it('E17 goes on from the last checkpoint and repeats no finished call', async () => {
    const { storage, join, start } = createCluster()
    const first = join()
    await first.engine.start({ nobodyElse: true })
    const { projectId } = await first.projects.create(actor, { pipeline: 'book', input: { text: 't' } })
    const { taskId } = await first.engine.create(actor, { projectId, stages: ['chapters'] })
    const one = await first.model.nextCall()
    one.send('one. ')
    one.finish()
    ;(await first.model.nextCall()).send('tw')
    await durable(storage, projectId, 7)
    first.cut.kill()

    const second = await start()
    for (const text of ['two. ', 'three.']) {
      const call = await second.model.nextCall()
      call.send(text)
      call.finish()
    }
    expect((await second.endOf(taskId)).status).toBe('completed')
    expect(await second.lastText(projectId, 'chapters')).toBe('one. two. three.')
    expect(second.model.calls.map((call) => call.request.messages[0]!.content)).toEqual([
      'chapter 2 after 5',
      'chapter 3 after 5',
    ])
    const [rewrite] = (await storage.database.taskWithRewrites(taskId))!.rewrites
    expect(rewrite!.spans).toEqual([
      { attempt: 1, from: 0 },
      { attempt: 2, from: 5 },
    ])
  })

  it('E18 a late write of the older attempt, begun before the takeover, changes nothing', async () => {
    const { storage, start } = createCluster()
    const paused = await start()
    const { projectId } = await paused.projects.create(actor, { pipeline: 'three', input: { text: 't' } })
    const { taskId } = await paused.engine.create(actor, { projectId, stages: ['first'] })
    const old = await paused.model.nextCall()
    old.send('old')
    await durable(storage, projectId, 3)
    paused.cut.hold()
    old.send(' and late')
    old.finish()

    const second = await start()
    const call = await second.model.nextCall()
    call.send('new')
    await durable(storage, projectId, 3)
    paused.cut.letThrough()
    await until(async () => paused.engine.runningCount() === 0)
    call.send(' text')
    call.finish()
    expect(await second.endOf(taskId)).toMatchObject({ status: 'completed' })
    expect(await second.lastText(projectId, 'first')).toBe('new text')
  })

  it('N10 a worker whose lease ran out while its provider is silent hangs up', async () => {
    const { start } = createCluster()
    // One slot: it must not fetch the hint anew itself.
    const first = await start({ settings: { touchEveryMs: 20, workerSlots: 1 } })
    const { projectId } = await first.projects.create(actor, { pipeline: 'three', input: { text: 't' } })
    const { taskId } = await first.engine.create(actor, { projectId, stages: ['first'] })
    const old = await first.model.nextCall()

    const second = await start()
    const call = await second.model.nextCall()
    await old.aborted
    call.send('text')
    call.finish()
    expect(await second.endOf(taskId)).toMatchObject({ status: 'completed' })
    expect(await second.lastText(projectId, 'first')).toBe('text')
  })

  it('E19 three times in a row without progress ends the task; with progress it goes on', async () => {
    const { storage, join, start } = createCluster()
    const maker = await start({ settings: { workerSlots: 0 }, nobodyElse: false, feedOptions: { silenceMs: 20 } })
    const { projectId } = await maker.projects.create(actor, { pipeline: 'three', input: { text: 't' } })
    const { taskId } = await maker.engine.create(actor, { projectId, stages: ['first'] })
    for (const text of ['a', 'ab', 'abc', '', '', '']) {
      const node = join()
      await node.engine.start({ nobodyElse: true })
      const call = await node.model.nextCall()
      if (text !== '') call.send(text)
      await durable(storage, projectId, text.length)
      node.cut.kill()
    }
    await start()
    expect(await maker.endOf(taskId)).toMatchObject({
      status: 'failed',
      failure: { code: 'task.crashedRepeatedly', params: { crashes: 3 } },
    })
  })

  it('E20 a handed-back task is no crash: its text is durable and another worker takes it', async () => {
    const { storage, join, start } = createCluster()
    const maker = await start({ settings: { workerSlots: 0 }, nobodyElse: false, feedOptions: { silenceMs: 20 } })
    const { projectId } = await maker.projects.create(actor, { pipeline: 'three', input: { text: 't' } })
    const { taskId } = await maker.engine.create(actor, { projectId, stages: ['first'] })
    for (let round = 0; round < 5; round++) {
      const node = join({ settings: { durableTickMs: 60_000 } })
      await node.engine.start({ nobodyElse: false })
      const call = await node.model.nextCall()
      call.send('text')
      await until(async () =>
        (await node.feed.pollTask({ taskId, signal: new AbortController().signal })).some(showsText),
      )
      await node.engine.stop()
      await call.aborted
      expect((await openRewrite(storage, projectId))?.length).toBe(4)
    }
    const last = await start({ nobodyElse: false })
    const call = await last.model.nextCall()
    call.send('done')
    call.finish()
    expect(await last.endOf(taskId)).toMatchObject({ status: 'completed' })
    expect((await storage.database.taskDetails(taskId))!.attempts.map((attempt) => attempt.outcome)).toEqual([
      ...Array.from({ length: 5 }, () => 'handedBack'),
      'completed',
    ])
  })
})

describe('while the database is away', () => {
  it('E21 text goes on to the viewers, and is stored when it is back', async () => {
    const { storage, start } = createCluster()
    const node = await start()
    const { projectId } = await node.projects.create(actor, { pipeline: 'three', input: { text: 't' } })
    const { taskId } = await node.engine.create(actor, { projectId, stages: ['first'] })
    const call = await node.model.nextCall()
    const ended = node.endOf(taskId)
    call.send('before ')
    await durable(storage, projectId, 7)
    node.cut.takeAway()
    for (const piece of ['during ', 'the ', 'outage ']) call.send(piece)
    await until(async () => node.feed.sizes().tails === 1)
    call.finish()
    node.cut.letThrough()
    expect((await ended).status).toBe('completed')
    expect(await node.lastText(projectId, 'first')).toBe('before during the outage ')
    expect(node.model.calls).toHaveLength(1)
  })

  it('E22 a worker that waits too long gives up; the task goes on elsewhere', async () => {
    const { storage, start } = createCluster()
    const node = await start({ settings: { outageMs: 20 } })
    const { projectId } = await node.projects.create(actor, { pipeline: 'three', input: { text: 't' } })
    const { taskId } = await node.engine.create(actor, { projectId, stages: ['first'] })
    const call = await node.model.nextCall()
    call.send('x')
    await durable(storage, projectId, 1)
    node.cut.takeAway()
    call.send('y')
    await call.aborted
    const other = await start()
    const next = await other.model.nextCall()
    next.send('z')
    next.finish()
    expect((await other.endOf(taskId)).status).toBe('completed')
    node.cut.letThrough()
  })
})

describe('a time limit', () => {
  it('E23 ends the task as failed with its text', async () => {
    const { start } = createCluster()
    const node = await start({ settings: { taskTimeoutMs: 50 } })
    const { projectId } = await node.projects.create(actor, { pipeline: 'three', input: { text: 't' } })
    const { taskId } = await node.engine.create(actor, { projectId, stages: ['first'] })
    const call = await node.model.nextCall()
    call.send('so far')
    expect(await node.endOf(taskId)).toMatchObject({
      status: 'failed',
      failure: { code: 'task.timeLimit' },
      rewrites: [{ length: 6, ending: 'interrupted' }],
    })
    await call.aborted
  })
})
