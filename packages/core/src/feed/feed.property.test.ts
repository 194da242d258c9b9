/** Any order of writing, storing, taking over, closing, joining, leaving and coming back gives each viewer the stored text. */
import { assert, asyncProperty, constantFrom, integer, nat, oneof, record, array, constant } from 'fast-check'
import { describe, expect, it } from 'vitest'
import { crypto } from '../testing/seeds.ts'
import type { Feed, FeedOptions } from './feed.ts'
import { verifyText } from './fold.ts'
import { createWorld, pass, settle, TestViewer, Writer, type World } from './testing/testWorld.ts'

const viewerCount = 4
const stages = ['rewrite', 'storyboard', 'camera']

const step = oneof(
  {
    weight: 6,
    arbitrary: record({
      do: constant('append' as const),
      text: constantFrom('a', ' word', '春江', '🌊', '\n\n', '[DONE]', 'x'.repeat(3000)),
    }),
  },
  { weight: 3, arbitrary: record({ do: constant('store' as const), share: integer({ min: 1, max: 4 }) }) },
  { weight: 3, arbitrary: record({ do: constant('pass' as const), ms: constantFrom(4, 16, 250, 2500, 40_000) }) },
  { weight: 2, arbitrary: record({ do: constant('takeOver' as const), back: nat(12) }) },
  { weight: 1, arbitrary: record({ do: constant('abandon' as const), back: nat(12) }) },
  { weight: 2, arbitrary: record({ do: constant('close' as const) }) },
  {
    weight: 4,
    arbitrary: record({
      do: constant('join' as const),
      viewer: nat(viewerCount - 1),
      by: constantFrom('task', 'project', 'poll', 'elsewhere'),
    }),
  },
  { weight: 3, arbitrary: record({ do: constant('leave' as const), viewer: nat(viewerCount - 1) }) },
)

type Step = typeof step extends { generate(...args: never[]): { value: infer Value } } ? Value : never

/** One run: a task of three stages, viewers that come and go by every way of following, and a second process. */
class Run {
  readonly world: World
  readonly other: Feed
  readonly viewers = Array.from({ length: viewerCount }, () => new TestViewer())
  writer: Writer
  #stage = 0
  #isOpen = false

  constructor(world: World) {
    this.world = world
    this.other = world.otherFeed()
    this.writer = new Writer(world)
  }

  async take(next: Step): Promise<void> {
    switch (next.do) {
      case 'append':
        await this.#begin()
        return this.#isOpen ? this.writer.append(next.text) : undefined
      case 'store': {
        const { storedLength, text } = this.writer
        // Pairs of surrogates are never cut apart by the one normalisation.
        const upTo = storedLength + Math.ceil((text.length - storedLength) / next.share)
        if (this.#isOpen) await this.writer.store(isInsidePair(text, upTo) ? upTo + 1 : upTo)
        return
      }
      case 'pass':
        return pass(this.world.clock, next.ms, Math.max(16, next.ms / 4))
      case 'takeOver':
        if (this.#isOpen) this.writer = await this.writer.takeOver(this.#keep(next.back))
        return
      case 'abandon': {
        if (!this.#isOpen) return
        // The worker lets go; what it had not stored is gone, and somebody goes on later.
        this.writer.live?.abandon()
        await settle()
        this.writer = await this.writer.takeOver(this.#keep(next.back))
        return
      }
      case 'close':
        return this.#close()
      case 'join':
        return this.#join(this.viewers[next.viewer]!, next.by)
      case 'leave':
        return this.viewers[next.viewer]!.leave()
    }
  }

  /** Runs the task to its end and lets everybody come back once more, by the task. */
  async finish(): Promise<void> {
    while (this.#stage < stages.length || this.#isOpen) {
      await this.#begin()
      await this.#close()
    }
    await this.writer.end()
    await Promise.all(this.viewers.map((viewer) => viewer.leave()))
    for (const viewer of this.viewers) {
      expect(viewer.error).toBeNull()
      viewer.connect((from) => this.world.feed.followTask({ ...from, taskId: this.writer.taskId }))
    }
    await pass(this.world.clock, 3000, 500)
  }

  #keep(back: number): number {
    const length = Math.max(0, this.writer.storedLength - back)
    return isInsidePair(this.writer.text, length) ? length - 1 : length
  }

  async #begin(): Promise<void> {
    if (this.#isOpen || this.#stage >= stages.length) return
    await this.writer.begin(stages[this.#stage], 1)
    this.#isOpen = true
    this.#stage += 1
  }

  async #close(): Promise<void> {
    if (!this.#isOpen) return
    await this.writer.close()
    this.#isOpen = false
  }

  async #join(viewer: TestViewer, by: string): Promise<void> {
    await viewer.leave()
    expect(viewer.error).toBeNull()
    const { taskId } = this.writer
    const { projectId, workspaceId } = this.world.project
    if (by === 'project') viewer.connect((from) => this.world.feed.followProject({ ...from, projectId, workspaceId }))
    else if (by === 'elsewhere') viewer.connect((from) => this.other.followTask({ ...from, taskId }))
    else if (by === 'task') viewer.connect((from) => this.world.feed.followTask({ ...from, taskId }))
    else viewer.connect((from) => pollOnce(this.world.feed, taskId, from))
  }
}

async function* pollOnce(feed: Feed, taskId: string, from: { cursor: string | null; signal: AbortSignal }) {
  yield* await feed.pollTask({ taskId, ...from })
}

function isInsidePair(text: string, at: number): boolean {
  return (
    at > 0 && at < text.length && !text.slice(at - 1, at).isWellFormed() && text.slice(at - 1, at + 1).isWellFormed()
  )
}

async function play(options: FeedOptions, steps: Step[]): Promise<void> {
  const world = await createWorld(options)
  const run = new Run(world)
  await run.writer.createTask(stages)
  for (const next of steps) await run.take(next)
  await run.finish()
  const stored = (await world.database.taskWithRewrites(run.writer.taskId))!.rewrites
  expect(stored.length).toBe(stages.length)
  for (const viewer of run.viewers) {
    expect(viewer.error).toBeNull()
    expect(viewer.hasReturned).toBe(true)
    for (const { id, no, sha256 } of stored) {
      const text = viewer.view.texts.get(no)
      // A viewer of the project that was away is not sent finished texts: those are fetched.
      if (text === undefined) continue
      expect(text.rewriteId).toBe(id)
      expect(text.closed?.sha256).toBe(sha256)
      expect(await verifyText(text, async (whole) => crypto.sha256(whole))).toBe(true)
    }
    expect(viewer.view.texts.get(stored.at(-1)!.no)).toBeDefined()
  }
  expect(world.errors).toEqual([])
  world.close()
  await settle()
  expect(world.clock.pending()).toBe(0)
}

describe('any sequence of what can happen', () => {
  it.each([
    ['with the tail in memory', { localTails: true }],
    ['with storage only', { localTails: false }],
  ])(
    'F32 gives every viewer the stored texts, %s',
    async (_name, options) => {
      await assert(
        asyncProperty(array(step, { maxLength: 40 }), (steps) => play(options, steps)),
        { numRuns: 150 },
      )
    },
    60_000,
  )
})
