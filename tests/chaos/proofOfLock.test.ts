// With the lock of the embedded folder taken away, two servers on one folder lose what they said was there, and the
// checker must say so.
import { expect, test } from 'vitest'
import { openServer } from '../../apps/server/src/testing/openServer.ts'
import { signUp } from '../support/account.ts'
import { chooseSeed } from '../support/random.ts'
import { openRun, type Server } from '../support/storyRun.ts'

/** It says yes to everybody. */
const noLock = { release: async () => {} }
const pace = { tokens: 30, tokensPerSecond: 200 }

type Pair = Server & { secondUrl: string }

test('N8 two servers on one folder without its lock: the checker finds what was acknowledged and is gone', async () => {
  await using run = await openRun<Pair>({ seed: chooseSeed('two servers on one folder'), pace }, async (place) => {
    const [first, second] = [await openServer({ ...place, lock: noLock }), await openServer({ ...place, lock: noLock })]
    const close = async (): Promise<void> => void (await Promise.allSettled([first.close(), second.close()]))
    const output = (): string => [...first.logged(), ...second.logged()].join('\n')
    return { url: first.url, secondUrl: second.url, output, stop: close, close }
  })
  const other = await signUp(run.server.secondUrl)
  const { client } = other
  const tasks = [
    await run.createTask(['rewrite']),
    await run.createTaskIn(await run.createProject(client), ['rewrite'], { client }),
  ]
  await Promise.all([run.watch(tasks[0]!).finished, run.watch(tasks[1]!, client).finished])
  other.close()
  expect(await run.stopAndCheck()).toContainEqual(
    expect.stringMatching(/^I5 task .* was acknowledged and is not there$/),
  )
})
