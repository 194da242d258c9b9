import { expect, test } from 'vitest'
import { chooseSeed, createRandom } from '../support/random.ts'
import { openStoryRun } from '../support/storyRun.ts'
import { counts } from './counts.ts'
import { chooseMoments, killDuringTask, lifePace } from './killDuringTask.ts'

/** Servers at once, each with a folder and kills of its own: most of the time is spent waiting. */
const servers = 2

test(`O8 SIGKILL at ${counts.embeddedKills} random moments, embedded: every task ends once, and nothing is lost`, async () => {
  const seed = chooseSeed('kills, embedded')
  const moments = chooseMoments(counts.embeddedKills, createRandom(seed))
  const lanes = Array.from({ length: servers }, async (_, lane) => {
    const random = createRandom(seed + lane)
    await using run = await openStoryRun({ seed: random.seed, pace: lifePace })
    for (const momentMs of moments.filter((_moment, index) => index % servers === lane))
      await killDuringTask(run, random, momentMs)
    expect(await run.stopAndCheck()).toEqual([])
  })
  // All of them to their ends: one that fails must not leave another's server behind.
  const ends = await Promise.allSettled(lanes)
  expect(ends.flatMap((end) => (end.status === 'rejected' ? [end.reason as unknown] : []))).toEqual([])
})
