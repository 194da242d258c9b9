import { expect, test } from 'vitest'
import { startCuttingProxy } from '../support/cuttingProxy.ts'
import { createCutViewer, viewThroughCuts, type Resume } from '../support/cutViewer.ts'
import { chooseSeed, createRandom, type Random } from '../support/random.ts'
import { rawTransports } from '../support/rawConnection.ts'
import { openStoryRunHere, type StoryRun, type StoryTask } from '../support/storyRun.ts'
import type { Watching } from '../support/viewerRecord.ts'
import { counts, isFull } from './counts.ts'

const pace = { tokens: isFull ? 300 : 100, tokensPerSecond: 60 }
/** Beside the missing text: for the level state, the ends of texts and the names of new ones, and the frames. */
const overheadBytes = 2_048
const rawViewers = isFull ? 10 : 4

test.concurrent.each([
  ['as it comes', true],
  ['from storage alone', false],
])(
  `F3 ${counts.cuts} cuts at random points, text shown %s: no gap, no repeat, and only what is missing is sent`,
  async (_name, localTails) => {
    const random = createRandom(chooseSeed(`cuts, local tails ${localTails}`))
    await using run = await openStoryRunHere({ seed: random.seed, pace, feedOptions: { localTails } })
    const task = await run.createTask()
    // Never cut: it says how far the others could be.
    const steady = run.watch(task)
    const resumes: Resume[] = []
    const perViewer = Math.ceil((counts.cuts * 3) / 4 / rawViewers)
    const raw = Array.from({ length: rawViewers }, async (_, index) => {
      run.addViewers(
        await viewThroughCuts(viewerOf(run, task, { steady, random, resumes, name: `raw ${index + 1}` }), perViewer),
      )
    })
    await Promise.all([
      ...raw,
      comeBackInLastStage(run, task, { steady, random, resumes }),
      watchThroughProxies(run, task, random),
    ])
    await steady.finished
    expect(steady.record.view?.end).toMatchObject({ status: 'completed' })
    for (const closed of [0, 1, 2, 3]) {
      const costs = resumes
        .filter((resume) => resume.closed === closed)
        .map(({ bytes, textBytes }) => bytes - textBytes)
      console.log(
        `${costs.length} resumes past ${closed} closes cost at most ${Math.max(0, ...costs)} bytes beside the missing text`,
      )
    }
    expect(resumes.filter(({ bytes, textBytes }) => bytes > textBytes + overheadBytes)).toEqual([])
    expect(resumes.length).toBeGreaterThan(rawViewers)
    expect(await run.stopAndCheck()).toEqual([])
  },
)

type Surroundings = { steady: Watching; random: Random; resumes: Resume[] }

function viewerOf(
  { server, account }: StoryRun,
  { taskId }: StoryTask,
  { steady, random, resumes, name }: Surroundings & { name: string },
) {
  const present = () => ({
    rewriteNo: steady.record.view?.current?.rewriteNo ?? 0,
    length: steady.record.view?.current?.text.length ?? 0,
  })
  return { name, url: server.url, apiKey: account.apiKey, taskId, random, resumes, present }
}

/** Leaves in the first stage and comes back, with its old cursor and over another transport, in the last. */
async function comeBackInLastStage(run: StoryRun, task: StoryTask, around: Surroundings): Promise<void> {
  const { steady, random } = around
  const viewer = createCutViewer(viewerOf(run, task, { ...around, name: 'of stage 1' }))
  await steady.until((view) => (view.current?.text.length ?? 0) > 40)
  await viewer.connect('sse', 3_000)
  expect(viewer.record.texts).toHaveLength(1)
  await steady.until((view) => (view.texts.get(3)?.text.length ?? 0) > 40)
  await viewer.connect(random.pick(['sse', 'webSocket']), Number.POSITIVE_INFINITY)
  expect(viewer.record.texts).toHaveLength(3)
  run.addViewers([viewer.record])
}

/** The product's own client, which comes back by itself: one viewer a transport, each behind a proxy that is cut. */
async function watchThroughProxies(
  { server, account, watch }: StoryRun,
  task: StoryTask,
  random: Random,
): Promise<void> {
  const perViewer = Math.ceil(counts.cuts / 4 / rawTransports.length)
  const viewers = rawTransports.map(async (transport) => {
    await using proxy = await startCuttingProxy(Number(new URL(server.url).port))
    const watching = watch(task, account.clientOver(transport, proxy.url))
    let isOver = false
    const finished = watching.finished.finally(() => (isOver = true))
    for (let cut = 0; cut < perViewer && !isOver; cut++)
      await Promise.race([proxy.cutAfter(random.between(500, 5_000)), finished])
    // The last planned cut may still wait for its bytes.
    await finished
  })
  await Promise.all(viewers)
}
