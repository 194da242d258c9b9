/** What viewers see of a text whose writer was taken over, or has let go of it. */
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { formatCursor, parseCursor } from './cursor.ts'
import { bothWorlds, endWorld, followIn, kindOf, say } from './testing/bothWorlds.ts'
import { createWorld, pass, settle, TestViewer, Writer, type World } from './testing/testWorld.ts'

let world: World
const { follow } = followIn(() => world)

describe.each(bothWorlds)('F1 following with %s', (_name, localTails) => {
  beforeEach(async () => {
    world = await createWorld({ localTails })
  })
  afterEach(() => endWorld(world))

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
})
