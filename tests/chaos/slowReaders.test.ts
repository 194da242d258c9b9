// Viewers that never read, among others that do: what they cost, and how soon they are gone.
import { expect, test } from 'vitest'
import { openNeverReader } from '../support/neverReader.ts'
import { chooseSeed } from '../support/random.ts'
import { openStoryRun } from '../support/storyRun.ts'
import { watchMemory } from '../support/watchMemory.ts'
import { counts, isFull } from './counts.ts'

/** 400,000 characters in 10 seconds: far more than the window of a peer that does not read. */
const pace = { tokens: 100_000, tokensPerSecond: 10_000 }
const cutWithinMs = 30_000
const costBytes = 1_024 * 1_024

test(`L2 ${counts.neverReaders} viewers that never read are cut within 30 s, under 1 MB each, and the others get all of the text`, async () => {
  await using run = await openStoryRun({ seed: chooseSeed('slow readers'), pace })
  const { server, account } = run
  const { url } = server
  const begin = async () => {
    const created = await run.createTask(['rewrite'])
    const watching = [run.watch(created), run.watch(created, account.clientOver('webSocket', url))]
    await watching[0]!.until((view) => (view.current?.text.length ?? 0) > 0)
    return { task: created, watchings: watching }
  }
  const memory = watchMemory(() => server.pid)
  // The same without them first: what the text itself costs is not theirs. Of a few readers one can't tell it apart.
  if (isFull) await Promise.all((await begin()).watchings.map(({ finished }) => finished))
  const before = memory.most()
  const { task, watchings } = await begin()
  const startedAt = performance.now()
  const readers = await Promise.all(
    Array.from({ length: counts.neverReaders }, (_, index) =>
      openNeverReader({
        url,
        apiKey: account.apiKey,
        taskId: task.taskId,
        transport: index % 2 === 0 ? 'sse' : 'webSocket',
      }),
    ),
  )
  const cutAfterMs = await Promise.all(readers.map(async ({ cut }) => (await cut) - startedAt))
  await Promise.all(watchings.map(({ finished }) => finished))
  const most = memory.stop()
  const each = Math.round((most - before) / counts.neverReaders / 1_024)
  console.log(
    `cut after ${Math.round(Math.max(...cutAfterMs))} ms at most; memory of the server grew by ${each} KiB each`,
  )

  // From their arrival on: the text fills their windows in the first seconds.
  expect(Math.max(...cutAfterMs)).toBeLessThan(cutWithinMs)
  if (isFull) expect(most - before).toBeLessThan(counts.neverReaders * costBytes)
  for (const { record } of watchings) expect(record.view?.end).toMatchObject({ status: 'completed' })
  expect(await run.stopAndCheck()).toEqual([])
})
