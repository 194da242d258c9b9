import fc from 'fast-check'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { createDoorbell, type LocalDoorbell } from './doorbell.ts'
import type { Figures } from './events.ts'
import { createFeed, type Feed } from './feed.ts'
import { createMemoryRelay, type MemoryRelay } from './testing/memoryRelay.ts'
import { createWorld, pass, settle, TestViewer, Writer, type World } from './testing/testWorld.ts'

let world: World
let relay: MemoryRelay
let doorbell: LocalDoorbell
/** The processes of the writer, of the viewer, and of a worker that takes over. */
let writing: Feed
let viewing: Feed
let third: Feed

beforeEach(async () => {
  await open()
})
afterEach(() => close())

async function open(): Promise<void> {
  world = await createWorld()
  relay = createMemoryRelay()
  doorbell = createDoorbell()
  const { database, clock } = world
  const create = (): Feed => createFeed({ database, clock, doorbell, relay })
  ;[writing, viewing, third] = [create(), create(), create()]
}

function close(): void {
  for (const feed of [writing, viewing, third]) feed.close()
  world.close()
}

const follow = (viewer = new TestViewer()): TestViewer =>
  viewer.connect((from) => viewing.followProject({ ...from, projectId: world.project.projectId }))
const reads = (): number => world.statements.get('storedTextFrom') ?? 0

const figures: Figures = {
  rewriteNo: 1,
  tokens: 10,
  tokensPerSecond: 50,
  firstTokenMs: 300,
  elapsedMs: 500,
  provider: 'A provider',
  model: 'a-model',
  reasoning: null,
}

describe('text from another process', () => {
  it('M8 is shown before it is stored', async () => {
    const writer = new Writer(world, writing)
    await writer.begin()
    const viewer = follow()
    await settle()
    for (let token = 0; token < 20; token += 1) {
      writer.append(`token ${token} `)
      await pass(world.clock, 20, 20)
    }
    expect(viewer.textOf(1)).toBe(writer.text)
    expect(writer.storedLength).toBe(0)
    await writer.close()
    await pass(world.clock, 100)
    expect(viewer.view.texts.get(1)?.closed).toMatchObject({ length: writer.text.length })
    await viewer.leave()
  })

  it('M8 is published at once, and then a piece a frame', async () => {
    const writer = new Writer(world, writing)
    await writer.begin()
    for (let letter = 0; letter < 50; letter += 1) {
      writer.append('x')
      await pass(world.clock, 4, 4)
    }
    const texts = relay.published.flatMap(({ piece }) => (piece.type === 'text' ? [piece] : []))
    expect(texts[0]).toEqual({ type: 'text', offset: 0, text: 'x' })
    expect(texts.length).toBeLessThanOrEqual(14)
    await writer.close()
    const sent = relay.published.flatMap(({ piece }) => (piece.type === 'text' ? [piece.text] : []))
    expect(sent.join('')).toBe(writer.text)
  })

  it('M8 is gapless for who comes in the middle: what was missed is read once it is stored', async () => {
    const writer = new Writer(world, writing)
    await writer.begin()
    writer.append('stored. ')
    await writer.store()
    writer.append('on its way. ')
    await pass(world.clock, 50)
    const viewer = follow()
    await settle()
    writer.append('new. ')
    await pass(world.clock, 50)
    expect(viewer.textOf(1)).toBe('stored. ')
    // While one part is being stored, the next is written: storage alone would always be behind.
    const upTo = writer.text.length
    writer.append('newer. ')
    await pass(world.clock, 50)
    await writer.store(upTo)
    await pass(world.clock, 50)
    expect(viewer.textOf(1)).toBe('stored. on its way. new. newer. ')
    writer.append('live again. ')
    await pass(world.clock, 50)
    expect(viewer.textOf(1)).toBe(writer.text)
    await viewer.leave()
  })

  it('M9 goes on by what is stored when the relay is lost, and by the relay when it is back', async () => {
    const writer = new Writer(world, writing)
    await writer.begin()
    const viewer = follow()
    await settle()
    const write = async (count: number): Promise<void> => {
      for (let token = 0; token < count; token += 1) {
        writer.append(`token ${token} `)
        await pass(world.clock, 20, 20)
      }
    }
    await write(10)
    await writer.store()
    relay.fate = () => 0
    for (let tick = 0; tick < 3; tick += 1) {
      await write(10)
      await writer.store()
      await pass(world.clock, 50)
      // The first bell may come right after text that the relay had brought; no later one is passed by.
      if (tick > 0) expect(viewer.textOf(1)).toBe(writer.text)
    }
    relay.fate = () => 1
    await write(10)
    await writer.store()
    await pass(world.clock, 50)
    await write(10)
    expect(viewer.textOf(1)).toBe(writer.text)
    expect(writer.storedLength).toBeLessThan(writer.text.length)
    await viewer.leave()
  })

  it('M9 has a lost piece that is stored already as soon as the next one shows the gap', async () => {
    const writer = new Writer(world, writing)
    await writer.begin()
    const viewer = follow()
    await settle()
    for (const [text, fate] of [
      ['heard, ', 1],
      ['lost, ', 0],
    ] as const) {
      relay.fate = () => fate
      writer.append(text)
      await pass(world.clock, 50)
    }
    await writer.store()
    relay.fate = () => 1
    writer.append('heard again')
    await pass(world.clock, 50, 10)
    expect(viewer.textOf(1)).toBe(writer.text)
    await viewer.leave()
  })

  it('M9 costs storage no read a tick while the relay brings it', async () => {
    const writer = new Writer(world, writing)
    await writer.begin()
    const viewer = follow()
    await settle()
    const run = async (): Promise<number> => {
      const before = reads()
      for (let tick = 0; tick < 40; tick += 1) {
        for (let token = 0; token < 12; token += 1) {
          writer.append('word ')
          await pass(world.clock, 20, 20)
        }
        await writer.store()
        await settle()
      }
      expect(viewer.textOf(1)).toBe(writer.text)
      return reads() - before
    }
    await run()
    const relayed = await run()
    relay.fate = () => 0
    const stored = await run()
    // About ten seconds: a look every two, instead of one at every tick.
    expect(relayed).toBeLessThanOrEqual(6)
    expect(stored).toBeGreaterThanOrEqual(40)
    await viewer.leave()
  })

  it('M10 is not shown when an older attempt says it', async () => {
    const writer = new Writer(world, writing)
    await writer.begin()
    const viewer = follow()
    await settle()
    writer.append('first attempt ')
    await writer.store()
    await pass(world.clock, 50)
    const heir = await writer.takeOver(0, third)
    await pass(world.clock, 50)
    heir.append('second ')
    writer.append('of the paused worker')
    await pass(world.clock, 50)
    heir.append('attempt')
    await pass(world.clock, 50)
    expect(viewer.textOf(1)).toBe('second attempt')
    await heir.close()
    await pass(world.clock, 50)
    expect(viewer.textOf(1)).toBe('second attempt')
    await viewer.leave()
  })

  it('M11 comes with its figures, which are not sent again once nobody renews them', async () => {
    const writer = new Writer(world, writing)
    await writer.begin()
    const viewer = follow()
    await settle()
    writer.append('text ')
    writer.live?.show(figures)
    await pass(world.clock, 1_000)
    expect(viewer.view.figures).toMatchObject({ tokens: 10, provider: 'A provider' })
    await writer.store()
    relay.fate = () => 0
    for (let tick = 0; tick < 2; tick += 1) {
      writer.append('more ')
      await writer.store()
      await settle()
    }
    await pass(world.clock, 50)
    const before = viewer.events.length
    await pass(world.clock, 5_000)
    expect(viewer.events.slice(before)).toEqual([])
    await viewer.leave()
  })

  it('M8 leaves nothing behind: no subscription, no timer', async () => {
    const writer = new Writer(world, writing)
    await writer.begin()
    const viewer = follow()
    await settle()
    writer.append('text ')
    await pass(world.clock, 50)
    expect(relay.size()).toBe(1)
    await viewer.leave()
    await pass(world.clock, 31_000, 1_000)
    expect(relay.size()).toBe(0)
    const again = follow()
    await settle()
    writer.append('more ')
    await writer.store()
    await pass(world.clock, 50)
    expect(again.textOf(1)).toBe('text more ')
    await writer.close()
    await pass(world.clock, 50)
    expect(relay.size()).toBe(0)
    await again.leave()
    await pass(world.clock, 31_000, 1_000)
    expect(world.clock.pending()).toBe(0)
  })

  it('M9 whatever the relay loses and repeats, the viewer ends with the stored text and never sees a gap', async () => {
    const step = fc.record({ append: fc.nat(30), storedPercent: fc.nat(200), fate: fc.nat(2), passMs: fc.nat(60) })
    await fc.assert(
      fc.asyncProperty(fc.array(step, { minLength: 1, maxLength: 25 }), async (steps) => {
        close()
        await open()
        const writer = new Writer(world, writing)
        await writer.begin()
        const viewer = follow()
        await settle()
        let letter = 0
        for (const { append, storedPercent, fate, passMs } of steps) {
          relay.fate = () => fate
          for (let count = 0; count < append; count += 1) writer.append(String.fromCodePoint(97 + (letter++ % 26)))
          const unstored = writer.text.length - writer.storedLength
          if (storedPercent <= 100)
            await writer.store(writer.storedLength + Math.floor((unstored * storedPercent) / 100))
          await pass(world.clock, passMs, 20)
          expect(writer.text.startsWith(viewer.textOf(1) ?? '')).toBe(true)
        }
        await writer.close()
        await pass(world.clock, 100)
        expect(viewer.textOf(1)).toBe(writer.text)
        expect(viewer.view.texts.get(1)?.closed).not.toBeNull()
        await viewer.leave()
      }),
      { numRuns: 60 },
    )
  })
})
