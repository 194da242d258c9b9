import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { isDelta, type DeltaEvent, type FeedEvent } from './events.ts'
import { createWorld, pass, settle, sum, TestViewer, Writer, type World } from './testing/testWorld.ts'

let world: World

const kindOf = (event: FeedEvent): string => ('type' in event ? event.type : 'delta')
const follow = (viewer: TestViewer, feed = world.feed) =>
  viewer.connect((from) => feed.followProject({ ...from, projectId: world.project.projectId }))

describe('what it costs', () => {
  beforeEach(async () => {
    world = await createWorld()
  })
  afterEach(() => world.close())

  it('F21 costs a handful of statements for 20 s of text with one viewer of project and workspace', async () => {
    const writer = new Writer(world)
    await writer.begin()
    const { projectId, workspaceId } = world.project
    const viewer = new TestViewer().connect((from) => world.feed.followProject({ ...from, projectId, workspaceId }))
    await settle()
    world.statements.clear()
    for (let token = 0; token < 1000; token += 1) {
      writer.append(`token ${token} `)
      await pass(world.clock, 20, 20)
    }
    expect(sum(world.statements)).toBeLessThanOrEqual(6)
    expect(viewer.textOf(1)).toBe(writer.text)
    await viewer.leave()
  })

  it('F21 costs as many statements for 500 viewers as for one', async () => {
    const writer = new Writer(world)
    await writer.begin()
    const { projectId, workspaceId } = world.project
    const connect = () =>
      new TestViewer().connect((from) => world.feed.followProject({ ...from, projectId, workspaceId }))
    const run = async (viewers: TestViewer[]) => {
      await settle()
      for (let second = 0; second < 20; second += 1) {
        writer.append('some text ')
        await pass(world.clock, 1000, 500)
      }
      for (const viewer of viewers) expect(viewer.textOf(1)).toBe(writer.text)
      await Promise.all(viewers.map((viewer) => viewer.leave()))
      const cost = sum(world.statements)
      world.statements.clear()
      return cost
    }
    world.statements.clear()
    const one = await run([connect()])
    const many = await run(Array.from({ length: 500 }, connect))
    expect(many).toBeLessThanOrEqual(one + 3)
  })

  it('F22 looks every 2 s in silence, by its revision only', async () => {
    const viewer = follow(new TestViewer())
    await settle()
    world.statements.clear()
    await pass(world.clock, 20_000, 500)
    expect(Object.fromEntries(world.statements)).toEqual({ projectRevision: 10 })
    await viewer.leave()
  })

  it('F23 shows the first text at once and then a frame per 16 ms, the same object to all at the same place', async () => {
    const writer = new Writer(world)
    await writer.begin()
    const [one, two] = [follow(new TestViewer()), follow(new TestViewer())]
    await settle()
    writer.append('a')
    await settle()
    expect(one.textOf(1)).toBe('a')
    for (const text of ['b', 'c', 'd']) {
      await pass(world.clock, 4, 4)
      writer.append(text)
    }
    await settle()
    expect(one.textOf(1)).toBe('a')
    await pass(world.clock, 4, 4)
    const deltas = [one, two].map((viewer) => viewer.events.filter(isDelta))
    expect(deltas[0]).toEqual([
      [1, 0, 'a'],
      [1, 1, 'bcd'],
    ])
    expect(deltas[0]!.every((delta, index) => delta === deltas[1]![index])).toBe(true)
    await Promise.all([one.leave(), two.leave()])
  })

  it('F23 grows frames to 250 ms as the event loop falls behind', async () => {
    let delayMs = 10
    world = await createWorld({ loopDelayMs: () => delayMs })
    const writer = new Writer(world)
    await writer.begin()
    const viewer = follow(new TestViewer())
    const framesIn = async (ms: number) => {
      const before = viewer.events.filter(isDelta).length
      for (let passed = 0; passed < ms; passed += 4) {
        writer.append('x')
        await pass(world.clock, 4, 4)
      }
      return viewer.events.filter(isDelta).length - before
    }
    await settle()
    expect(await framesIn(1000)).toBe(63)
    delayMs = 500
    expect(await framesIn(1000)).toBe(4)
    await viewer.leave()
  })

  it('F24 sends a slow viewer one larger delta when it can take it', async () => {
    const writer = new Writer(world)
    await writer.begin()
    let open = (): void => undefined
    let isFull = false
    const whenWritable = (): Promise<void> => (isFull ? new Promise((resolve) => (open = resolve)) : Promise.resolve())
    const { projectId } = world.project
    const viewer = new TestViewer().connect((from) => world.feed.followProject({ ...from, projectId, whenWritable }))
    await settle()
    isFull = true
    for (let count = 0; count < 100; count += 1) {
      writer.append(`${count} `)
      await pass(world.clock, 20, 20)
    }
    const before = viewer.events.filter(isDelta).length
    isFull = false
    open()
    await settle()
    expect(viewer.events.filter(isDelta).length - before).toBe(1)
    expect(viewer.textOf(1)).toBe(writer.text)
    await viewer.leave()
  })

  it('F25 sends a long text as open of 256 KiB and deltas, letter by letter the same', async () => {
    const writer = new Writer(world)
    await writer.begin()
    writer.append('👩‍🚀春'.repeat(200_000))
    const viewer = follow(new TestViewer())
    await settle()
    expect(viewer.textOf(1)).toBe(writer.text)
    const pieces = viewer.events.filter((event) => kindOf(event) === 'delta') as DeltaEvent[]
    expect(pieces.length).toBe(4)
    for (const [, , text] of pieces) expect(text.isWellFormed()).toBe(true)
    await viewer.leave()
  })

  it('F26 sends figures twice a second with text, once a second without, and none to nobody', async () => {
    const writer = new Writer(world)
    await writer.begin()
    const viewer = follow(new TestViewer())
    await settle()
    const figures = {
      rewriteNo: 1,
      tokens: 0,
      tokensPerSecond: null,
      firstTokenMs: null,
      elapsedMs: 100,
      provider: null,
      model: null,
      reasoning: null,
    }
    writer.live?.show(figures)
    await settle()
    expect(viewer.view.figures).toEqual(figures)
    for (let count = 1; count <= 100; count += 1) {
      writer.append('x')
      writer.live?.show({ ...figures, tokens: count })
      await pass(world.clock, 20, 20)
    }
    const told = () => viewer.events.filter((event) => kindOf(event) === 'figures').length
    expect(told()).toBeLessThanOrEqual(6)
    expect(told()).toBeGreaterThanOrEqual(4)
    const before = told()
    await pass(world.clock, 5000, 500)
    expect(told() - before).toBeGreaterThanOrEqual(4)
    expect(told() - before).toBeLessThanOrEqual(6)
    expect(viewer.view.figures?.elapsedMs).toBeGreaterThan(4000)
    await viewer.leave()
  })

  it('F27 goes on showing live text while storage is away', async () => {
    const writer = new Writer(world)
    await writer.begin()
    const viewer = follow(new TestViewer())
    await settle()
    const { projectRevision } = world.database
    world.database.projectRevision = () => Promise.reject(new Error('away'))
    for (let second = 0; second < 30; second += 1) {
      writer.append('text ')
      await pass(world.clock, 1000, 500)
    }
    expect(viewer.error).toBeNull()
    expect(viewer.textOf(1)).toBe(writer.text)
    expect(world.errors.length).toBeGreaterThan(0)
    world.database.projectRevision = projectRevision
    await viewer.leave()
  })

  it('sends a text of 8,500 characters at 50 tokens a second in at most 0.15 MB', async () => {
    const writer = new Writer(world)
    await writer.begin()
    let bytes = 0
    const { projectId, workspaceId } = world.project
    const leaving = new AbortController()
    const reading = (async () => {
      for await (const { cursor, event } of world.feed.followProject({
        projectId,
        workspaceId,
        signal: leaving.signal,
      })) {
        // As a frame of SSE in a chunk of HTTP.
        bytes += `40\r\ndata: ${JSON.stringify(event)}\nid: ${cursor}\n\n\n\r\n`.length
      }
    })()
    const named = { provider: 'A provider by name', model: 'a-model-by-name-2026-11', reasoning: null }
    for (let token = 0; token < 8500 / 4; token += 1) {
      writer.append('word')
      const figures = {
        rewriteNo: 1,
        tokens: token,
        tokensPerSecond: 50.1,
        firstTokenMs: 812,
        elapsedMs: token * 20,
        ...named,
      }
      writer.live?.show(figures)
      await pass(world.clock, 20, 20)
    }
    leaving.abort()
    await reading
    expect(writer.text.length).toBe(8500)
    expect(bytes).toBeGreaterThan(8500)
    expect(bytes).toBeLessThan(150_000)
  })
})
