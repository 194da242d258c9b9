import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { AppError } from '../errors.ts'
import type { FeedEvent } from './events.ts'
import { formatCursor, parseCursor } from './cursor.ts'
import { createWorld, pass, settle, TestViewer, Writer, type World } from './testing/testWorld.ts'

let world: World

const kindOf = (event: FeedEvent): string => ('type' in event ? event.type : 'delta')
const follow = (viewer: TestViewer, feed = world.feed) =>
  viewer.connect((from) => feed.followProject({ ...from, projectId: world.project.projectId }))
const followTask = (viewer: TestViewer, taskId: string, feed = world.feed) =>
  viewer.connect((from) => feed.followTask({ ...from, taskId }))

describe.each([
  ['the tail in memory', true],
  ['storage only', false],
])('F1 following with %s', (_name, localTails) => {
  beforeEach(async () => {
    world = await createWorld({ localTails })
  })
  afterEach(async () => {
    expect(world.errors).toEqual([])
    world.close()
    await settle()
    expect(world.clock.pending()).toBe(0)
  })

  /** Text is on the way to viewers at once, or once it is stored. */
  async function say(writer: Writer, text: string): Promise<void> {
    writer.append(text)
    await writer.store()
    await pass(world.clock, 20, 20)
  }

  it('F2 sends state, open, deltas and closed, and the text is the stored one', async () => {
    const writer = new Writer(world)
    await writer.begin()
    const viewer = follow(new TestViewer())
    await settle()
    await say(writer, 'Once ')
    await say(writer, 'upon a time 🌊')
    await writer.close()
    await settle()
    expect(viewer.events.filter((event) => kindOf(event) !== 'state').map(kindOf)).toEqual([
      'open',
      'delta',
      'delta',
      'closed',
    ])
    expect(kindOf(viewer.events[0]!)).toBe('state')
    expect(viewer.textOf(1)).toBe('Once upon a time 🌊')
    expect(viewer.view.texts.get(1)?.closed).toMatchObject({ ending: 'complete', length: 19 })
    await viewer.leave()
  })

  it('F40 sends what has closed meanwhile in one event, its end with it', async () => {
    const writer = new Writer(world)
    const taskId = await writer.createTask()
    const viewer = followTask(new TestViewer(), taskId)
    await settle()
    await writer.begin('rewrite')
    await say(writer, 'first ')
    await viewer.leave()
    await say(writer, 'half')
    await writer.close()
    await writer.begin('storyboard')
    await say(writer, 'whole')
    await writer.close()
    await writer.end()
    followTask(viewer, taskId)
    await viewer.done
    expect(viewer.events.map(kindOf)).toEqual(['state', 'open', 'open', 'end'])
    expect([viewer.textOf(1), viewer.textOf(2)]).toEqual(['first half', 'whole'])
    expect([1, 2].map((no) => viewer.view.texts.get(no)?.closed?.length)).toEqual([10, 5])
  })

  it('F3 sends a viewer that comes back only what is missing', async () => {
    const writer = new Writer(world)
    await writer.begin()
    const viewer = follow(new TestViewer())
    await settle()
    await say(writer, 'a'.repeat(5000))
    await viewer.leave()
    await say(writer, 'b'.repeat(300))
    follow(viewer)
    await settle()
    expect(viewer.received()).toBe(300)
    expect(JSON.stringify(viewer.events).length).toBeLessThan(300 + 2048)
    expect(viewer.textOf(1)).toBe(writer.text)
    await viewer.leave()
  })

  it('F4 loses nothing written between reading and listening', async () => {
    const writer = new Writer(world)
    const { projectLook, storedTextFrom } = world.database
    const held: (() => void)[] = []
    // The answers of its first reads come only after everything is over.
    const holdBack =
      <Args extends unknown[], Answer>(read: (...args: Args) => Promise<Answer>) =>
      async (...args: Args) => {
        const answer = await read(...args)
        await new Promise<void>((resolve) => held.push(resolve))
        return answer
      }
    const taskId = await writer.createTask()
    await writer.begin()
    writer.append('one ')
    await writer.store()
    world.database.projectLook = holdBack(projectLook)
    const viewer = followTask(new TestViewer(), taskId)
    await settle()
    expect(held.length).toBe(1)
    world.database.projectLook = projectLook
    await say(writer, 'two ')
    held.pop()!()
    world.database.storedTextFrom = holdBack(storedTextFrom)
    await settle()
    world.database.storedTextFrom = storedTextFrom
    await say(writer, 'three')
    await writer.close()
    held.pop()?.()
    await settle()
    expect(viewer.textOf(1)).toBe('one two three')
    expect(viewer.view.texts.get(1)?.closed?.ending).toBe('complete')
    expect(viewer.view.state?.stages[0]).toMatchObject({ status: 'done' })
    await viewer.leave()
  })

  it('F5 finishes the text of its cursor though it closed meanwhile, then goes on with the open one', async () => {
    const writer = new Writer(world)
    await writer.begin()
    await say(writer, 'the beginning')
    const viewer = follow(new TestViewer())
    await settle()
    await viewer.leave()
    await say(writer, ' and the end')
    await writer.close()
    await writer.begin('storyboard')
    await say(writer, 'shot 1')
    follow(viewer)
    await settle()
    expect(viewer.textOf(1)).toBe('the beginning and the end')
    expect(viewer.view.texts.get(1)?.closed?.ending).toBe('complete')
    expect(viewer.textOf(2)).toBe('shot 1')
    await viewer.leave()
  })

  it('F7 tells a takeover, live and on coming back, and the late write of the older attempt changes nothing', async () => {
    const first = new Writer(world)
    await first.begin()
    await say(first, 'kept and ')
    const gone = follow(new TestViewer())
    await settle()
    await gone.leave()
    const viewer = follow(new TestViewer())
    await say(first, 'durable')
    first.append(' but not this')
    await pass(world.clock, 20, 20)
    const second = await first.takeOver(5)
    await settle()
    expect(await first.store()).toBe(false)
    first.append(' nor that')
    await say(second, 'again')
    expect(viewer.events.filter((event) => kindOf(event) === 'reset')).toEqual([
      { type: 'reset', rewriteNo: 1, attempt: 2, keepUpTo: 5, reason: 'takenOver' },
    ])
    follow(gone)
    await settle()
    for (const one of [viewer, gone]) expect(one.textOf(1)).toBe('kept again')
    await second.close()
    await settle()
    expect(viewer.view.texts.get(1)?.closed?.attempt).toBe(2)
    await Promise.all([viewer.leave(), gone.leave()])
  })

  it('F8 keeps of an old cursor what every takeover since has kept', async () => {
    let writer = new Writer(world)
    await writer.begin()
    await say(writer, '0123456789')
    const viewer = follow(new TestViewer())
    await settle()
    await viewer.leave()
    writer = await writer.takeOver(8)
    await say(writer, 'abc')
    writer = await writer.takeOver(6)
    await say(writer, 'ABCDEF')
    writer = await writer.takeOver(9)
    follow(viewer)
    await settle()
    expect(viewer.events.find((event) => kindOf(event) === 'reset')).toMatchObject({ attempt: 4, keepUpTo: 6 })
    expect(viewer.textOf(1)).toBe('012345ABC')
    await viewer.leave()
  })

  it('F9 cuts a viewer that was faster than storage back to what a new attempt kept', async () => {
    const writer = new Writer(world)
    await writer.begin()
    await say(writer, 'stored')
    const cursor = formatCursor({
      ...parseCursor(
        (await world.feed.pollProject({ projectId: world.project.projectId, signal: new AbortController().signal })).at(
          -1,
        )!.cursor,
      ),
      length: 30,
    })
    const viewer = new TestViewer()
    viewer.cursor = cursor
    const texts = new Map([
      [
        1,
        {
          rewriteNo: 1,
          rewriteId: writer.rewrite!.id,
          stage: 'rewrite',
          attempt: 1,
          namedAttempt: 1,
          text: 'stored'.padEnd(30, '!'),
          closed: null,
        },
      ],
    ])
    viewer.view = { ...viewer.view, texts }
    follow(viewer)
    await settle()
    // Longer than what is known here is no error: it waits.
    expect(viewer.error).toBeNull()
    const second = await writer.takeOver()
    await say(second, ' text')
    expect(viewer.textOf(1)).toBe('stored text')
    await viewer.leave()
  })

  it('F9 sends all of a text anew that closed shorter than the cursor says', async () => {
    const writer = new Writer(world)
    await writer.begin()
    await say(writer, 'short')
    await writer.close()
    await settle()
    const viewer = new TestViewer()
    viewer.cursor = formatCursor({ eventSeq: 0, revision: 0, rewriteNo: 1, attempt: 1, length: 9 })
    const texts = new Map([
      [
        1,
        {
          rewriteNo: 1,
          rewriteId: writer.rewrite!.id,
          stage: 'rewrite',
          attempt: 1,
          namedAttempt: 1,
          text: 'longer!!!',
          closed: null,
        },
      ],
    ])
    viewer.view = { ...viewer.view, texts }
    follow(viewer)
    await settle()
    expect(viewer.events.map(kindOf)).toEqual(['state', 'reset', 'delta', 'closed'])
    expect(viewer.textOf(1)).toBe('short')
    await viewer.leave()
  })

  it('F10 sends a task’s texts one after another and returns after its end, which comes last', async () => {
    const writer = new Writer(world)
    const taskId = await writer.createTask()
    const viewer = followTask(new TestViewer(), taskId)
    await settle()
    for (const stage of ['rewrite', 'storyboard', 'camera']) {
      await writer.begin(stage)
      await say(writer, `text of ${stage} `)
      await say(writer, '[DONE]\n\ndata: [DONE]\n\nevent: return\n\n')
      await writer.close()
    }
    await writer.end()
    await viewer.done
    expect(viewer.error).toBeNull()
    expect(viewer.hasReturned).toBe(true)
    expect(viewer.events.filter((event) => ['open', 'closed', 'end'].includes(kindOf(event))).map(kindOf)).toEqual([
      'open',
      'closed',
      'open',
      'closed',
      'open',
      'closed',
      'end',
    ])
    expect(kindOf(viewer.events.at(-1)!)).toBe('end')
    expect(viewer.view.end).toMatchObject({
      status: 'completed',
      rewrites: [{ rewriteNo: 1 }, { rewriteNo: 2 }, { rewriteNo: 3 }],
    })
    expect(viewer.view.state?.tasks).toEqual([])
    expect(viewer.textOf(2)).toMatch(/^text of storyboard/)
  })

  it('F6 gives a viewer at stage 1 that comes back in stage 3 all three', async () => {
    const writer = new Writer(world)
    const taskId = await writer.createTask()
    await writer.begin('rewrite')
    await say(writer, 'first')
    const viewer = followTask(new TestViewer(), taskId)
    await settle()
    await viewer.leave()
    await say(writer, ' text')
    await writer.close()
    await writer.begin('storyboard')
    await say(writer, 'second text')
    await writer.close()
    await writer.begin('camera')
    await say(writer, 'third')
    followTask(viewer, taskId)
    await settle()
    expect([1, 2, 3].map((no) => viewer.textOf(no))).toEqual(['first text', 'second text', 'third'])
    await writer.close()
    await writer.end('failed')
    await viewer.done
    expect(viewer.view.end?.status).toBe('failed')
    // Another, from the beginning, after all is over: the same.
    const late = followTask(new TestViewer(), taskId)
    await late.done
    expect([1, 2, 3].map((no) => late.textOf(no))).toEqual(['first text', 'second text', 'third'])
    expect(late.view.end).toEqual(viewer.view.end)
  })

  it('F10 does not take another task’s end, or a silence, for the end', async () => {
    const writer = new Writer(world)
    const taskId = await writer.createTask()
    await writer.begin()
    await say(writer, 'some text')
    const viewer = followTask(new TestViewer(), taskId)
    await pass(world.clock, 60_000, 1000)
    expect(viewer.hasReturned).toBe(false)
    expect(viewer.error).toBeNull()
    await viewer.leave()
  })

  it('goes on after a long silence', async () => {
    const writer = new Writer(world)
    await writer.begin()
    await say(writer, 'before')
    const viewer = follow(new TestViewer())
    await pass(world.clock, 90_000, 1000)
    await say(writer, ' and after')
    expect(viewer.textOf(1)).toBe('before and after')
    await viewer.leave()
  })

  it('F11 tells the state a task ended in before its end, though the task was read later than the state', async () => {
    const writer = new Writer(world, world.otherFeed({ localTails }))
    const taskId = await writer.createTask(['rewrite'])
    const viewer = followTask(new TestViewer(), taskId)
    await settle()
    const { taskWithRewrites } = world.database
    let goOn = (): void => undefined
    world.database.taskWithRewrites = async (id) => {
      await new Promise<void>((resolve) => (goOn = resolve))
      return taskWithRewrites(id)
    }
    await writer.begin()
    world.feed.projectChanged(world.project.projectId)
    await settle()
    // The state was read, the task is about to be: everything ends in between, and no bell rings here.
    await say(writer, 'all of it')
    await writer.close()
    await writer.end()
    world.database.taskWithRewrites = taskWithRewrites
    goOn()
    await viewer.done
    expect(viewer.view.end?.status).toBe('completed')
    expect(viewer.view.state?.tasks).toEqual([])
    expect(viewer.view.state?.stages[0]?.status).toBe('done')
    expect(viewer.textOf(1)).toBe('all of it')
  })

  it('F7 does not show what a writer says that was taken over', async () => {
    const first = new Writer(world)
    await first.begin()
    await say(first, 'abcd')
    const viewer = follow(new TestViewer())
    await settle()
    const second = await first.takeOver(2)
    await say(second, 'XY')
    // Exactly where the new text ends: only the attempt tells them apart.
    first.append('late')
    await say(second, 'Z')
    expect(viewer.textOf(1)).toBe('abXYZ')
    await viewer.leave()
  })

  it('F12 polls the same events', async () => {
    const writer = new Writer(world)
    const taskId = await writer.createTask()
    const viewer = new TestViewer()
    const poll = async () => {
      const signal = new AbortController().signal
      for (const event of await world.feed.pollTask({ taskId, cursor: viewer.cursor, signal })) viewer.take(event)
    }
    for (const stage of ['rewrite', 'storyboard']) {
      await writer.begin(stage)
      await say(writer, `of ${stage}`)
      viewer.events = []
      await poll()
      await say(writer, ', the end')
      await writer.close()
    }
    await writer.end()
    await poll()
    expect([1, 2].map((no) => viewer.textOf(no))).toEqual(['of rewrite, the end', 'of storyboard, the end'])
    expect(viewer.view.end?.status).toBe('completed')
  })

  it('F13 sees in one process what another writes, though no bell rings between them', async () => {
    const writer = new Writer(world, world.otherFeed())
    const taskId = await writer.createTask()
    const viewer = followTask(new TestViewer(), taskId)
    await writer.begin()
    writer.append('from elsewhere')
    await writer.store()
    await pass(world.clock, 5000, 500)
    expect(viewer.textOf(1)).toBe('from elsewhere')
    const second = await writer.takeOver(4)
    second.append(' here')
    await second.close()
    await second.end()
    await pass(world.clock, 5000, 500)
    expect(viewer.textOf(1)).toBe('from here')
    expect(viewer.hasReturned).toBe(true)
  })

  it.each([true, false])(
    'goes on with what another process writes after a takeover (the worker here knows: %s)',
    async (knows) => {
      const first = new Writer(world)
      await first.begin()
      await say(first, 'stored')
      const viewer = follow(new TestViewer())
      await settle()
      first.append(' and not stored')
      await pass(world.clock, 20, 20)
      if (knows) first.live?.abandon()
      const second = await first.takeOver(6, world.otherFeed())
      second.append(' elsewhere')
      await second.store()
      await pass(world.clock, 12_000, 500)
      expect(viewer.textOf(1)).toBe('stored elsewhere')
      await second.close()
      await pass(world.clock, 12_000, 500)
      expect(viewer.view.texts.get(1)?.closed?.attempt).toBe(2)
      await viewer.leave()
    },
  )

  it('lets go of a text its worker has handed back', async () => {
    const writer = new Writer(world)
    await writer.begin()
    await say(writer, 'text')
    const viewer = follow(new TestViewer())
    await settle()
    writer.live?.abandon()
    writer.append('after')
    await settle()
    expect(viewer.textOf(1)).toBe('text')
    await viewer.leave()
    await pass(world.clock, 31_000, 1000)
    expect(world.feed.sizes()).toEqual({ projects: 0, workspaces: 0, tails: 0, followers: 0, listeners: 0 })
  })

  it('F14 ends with notFound when the project is removed', async () => {
    const viewer = follow(new TestViewer())
    await settle()
    const { projectId } = world.project
    await world.database.transaction(async (tx) => {
      await tx.touchProject(projectId)
      await tx.updateProject(projectId, { removedAt: await tx.now() })
    })
    world.feed.projectChanged(projectId)
    await viewer.done
    expect(viewer.error).toMatchObject({ code: 'notFound' })
    expect((await follow(new TestViewer()).done, world.feed.sizes().followers)).toBe(0)
  })

  it('F15 refuses foreign and malformed cursors, and ids that are none', async () => {
    const writer = new Writer(world)
    const taskId = await writer.createTask()
    await writer.begin()
    await say(writer, 'text')
    const { projectId, workspaceId } = world.project
    const end = async (cursor: string | null, ids: object = { projectId, workspaceId }) => {
      const viewer = new TestViewer()
      viewer.cursor = cursor
      viewer.connect((from) => world.feed.followProject({ ...from, ...ids }))
      await settle()
      await viewer.leave()
      return (viewer.error as AppError | null)?.code ?? null
    }
    for (const cursor of [
      '',
      'x',
      '0.0.0.0',
      '0.0.0.0.0.0',
      '-1.0.0.0.0',
      '0.0.1.1.zzzzzzzzzzzz',
      '0.0.0.1.1',
      '01.0.0.0.0',
      '0.0.0.0.A',
    ]) {
      expect(await end(cursor), cursor).toBe('cursor.invalid')
    }
    expect(await end('0.0.7.1.1')).toBe('notFound')
    expect(await end('0.zz.0.0.0')).toBe('notFound')
    expect(await end('zz.0.0.0.0')).toBe('notFound')
    expect(await end('0.0.1.9.2')).toBe('notFound')
    expect(await end(null, { projectId: taskId })).toBe('notFound')
    const stranger = followTask(new TestViewer(), projectId)
    await stranger.done
    expect(stranger.error).toMatchObject({ code: 'notFound' })
  })

  it('F17 sends the workspace’s changed tasks, each at least once, from the cursor on', async () => {
    const { workspaceId } = world.project
    const writer = new Writer(world)
    const first = await writer.createTask()
    const connect = (viewer: TestViewer) => viewer.connect((from) => world.feed.followProject({ ...from, workspaceId }))
    const viewer = connect(new TestViewer())
    await settle()
    expect(viewer.events).toEqual([{ type: 'workspace', eventSeq: 1, tasks: [] }])
    const second = await writer.createTask()
    await settle()
    expect(viewer.view.tasks.get(second)).toMatchObject({ status: 'queued' })
    await viewer.leave()
    for (let count = 0; count < 120; count += 1) await writer.createTask()
    writer.taskId = first
    await writer.end('cancelled')
    // Long after: what this process knew of the workspace is gone.
    await pass(world.clock, 31_000, 1000)
    expect(world.feed.sizes().workspaces).toBe(0)
    connect(viewer)
    await settle()
    expect(viewer.view.tasks.size).toBe(122)
    expect(viewer.view.tasks.get(first)).toMatchObject({ status: 'cancelled' })
    await viewer.leave()
  })

  it('F18 ends a viewer within 5 s of its refusal', async () => {
    let refusal: AppError | null = null
    const { projectId } = world.project
    const viewer = new TestViewer().connect((from) =>
      world.feed.followProject({ ...from, projectId, recheck: async () => refusal }),
    )
    await pass(world.clock, 9000, 500)
    expect(viewer.error).toBeNull()
    refusal = new AppError('auth.required', 'Sign in.')
    await pass(world.clock, 5000, 500)
    expect(viewer.error).toBe(refusal)
  })

  it('F19 ends all followers for a deploy, to come back', async () => {
    const viewer = follow(new TestViewer())
    await settle()
    world.feed.close({ comeBackWithinMs: 2000 })
    await viewer.done
    expect(viewer.error).toMatchObject({ code: 'server.busy', params: { retryAfterMs: expect.any(Number) } })
    const late = follow(new TestViewer())
    await late.done
    expect(late.error).toMatchObject({ code: 'server.busy' })
  })

  it('F20 leaves nothing behind after 10,000 connects on a silent task', async () => {
    const writer = new Writer(world)
    const taskId = await writer.createTask()
    await writer.begin()
    await say(writer, 'silent')
    const signal = new CountingSignal()
    const round = async (count: number) => {
      const viewers = Array.from({ length: count }, () => {
        const leaving = new AbortController()
        const events = world.feed.followTask({ taskId, signal: signal.over(leaving.signal), recheck: async () => null })
        return {
          leaving,
          reading: events
            .next()
            .then(() => events.next())
            .then(() => events.next()),
        }
      })
      await settle()
      expect(world.feed.sizes().followers).toBe(count)
      for (const viewer of viewers) viewer.leaving.abort()
      await Promise.all(viewers.map((viewer) => viewer.reading))
    }
    await round(10)
    const { listeners } = world.feed.sizes()
    const pending = world.clock.pending()
    for (let count = 0; count < 10; count += 1) await round(1000)
    expect(world.feed.sizes()).toMatchObject({ followers: 0, projects: 1, listeners })
    expect(world.clock.pending()).toBe(pending)
    expect(signal.listeners).toBe(0)
    expect(signal.added).toBe(10_010)
    await pass(world.clock, 31_000, 1000)
    expect(world.feed.sizes()).toEqual({
      projects: 0,
      workspaces: 0,
      followers: 0,
      tails: localTails ? 1 : 0,
      listeners: localTails ? 1 : 0,
    })
    await writer.close()
    await pass(world.clock, 31_000, 1000)
    expect(world.feed.sizes().tails).toBe(0)
  })
})

/** Counts the listeners put on signals. */
class CountingSignal {
  listeners = 0
  added = 0
  over(signal: AbortSignal): AbortSignal {
    const { addEventListener, removeEventListener } = signal
    signal.addEventListener = (...args: Parameters<AbortSignal['addEventListener']>) => {
      this.listeners += 1
      this.added += 1
      return addEventListener.apply(signal, args)
    }
    signal.removeEventListener = (...args: Parameters<AbortSignal['removeEventListener']>) => {
      this.listeners -= 1
      return removeEventListener.apply(signal, args)
    }
    return signal
  }
}
