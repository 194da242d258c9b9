/** How following ends: with its task, refused, for a deploy, or because the viewer leaves. */
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { AppError } from '../errors.ts'
import { bothWorlds, endWorld, followIn, kindOf, say } from './testing/bothWorlds.ts'
import { createWorld, pass, settle, TestViewer, Writer, type World } from './testing/testWorld.ts'

let world: World
const { follow, followTask } = followIn(() => world)

describe.each(bothWorlds)('F1 following with %s', (_name, localTails) => {
  beforeEach(async () => {
    world = await createWorld({ localTails })
  })
  afterEach(() => endWorld(world))

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
