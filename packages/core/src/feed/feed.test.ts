/** What viewers are sent, and what they are sent when they come back. */
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { bothWorlds, endWorld, followIn, kindOf, say } from './testing/bothWorlds.ts'
import { createWorld, pass, settle, TestViewer, Writer, type World } from './testing/testWorld.ts'

let world: World
const { follow, followTask } = followIn(() => world)

describe.each(bothWorlds)('F1 following with %s', (_name, localTails) => {
  beforeEach(async () => {
    world = await createWorld({ localTails })
  })
  afterEach(() => endWorld(world))

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
})
