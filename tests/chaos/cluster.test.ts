import { spawn, type ChildProcess } from 'node:child_process'
import { once } from 'node:events'
import { fileURLToPath } from 'node:url'
import { afterEach, expect, test } from 'vitest'
import { signUp } from '../support/account.ts'
import { chooseSeed } from '../support/random.ts'
import { canListen, findFreePort } from '../support/serverProcess.ts'
import { createMarker, startStoryProvider } from '../support/storyProvider.ts'

const bootstrap = fileURLToPath(new URL('../../scripts/bootstrap.mjs', import.meta.url))
const readyLine = /^The cluster is ready: (\S+)/m

let cluster: ChildProcess | null = null
afterEach(async () => {
  if (cluster === null || cluster.exitCode !== null || cluster.signalCode !== null) return
  const gone = once(cluster, 'exit')
  cluster.kill('SIGTERM')
  await gone
})

test('N9 npm run cluster: a story through nginx, two apis and two workers; Ctrl-C ends all of it', async () => {
  await using provider = await startStoryProvider(chooseSeed('the cluster'), { tokens: 60, tokensPerSecond: 100 })
  const port = await findFreePort()
  const own = { PORT: String(port), DATABASE_URL: '', REDIS_URL: '', PUBLIC_URL: '' }
  const started = spawn(process.execPath, [bootstrap, 'cluster'], {
    env: { ...process.env, ...provider.environment, ...own },
    stdio: ['ignore', 'pipe', 'pipe'],
  })
  cluster = started
  let said = ''
  for (const stream of [started.stdout, started.stderr])
    stream.setEncoding('utf8').on('data', (text: string) => (said += text))
  const ended = once(started, 'exit')
  while (!readyLine.test(said)) {
    const isOver = await Promise.race([once(started.stdout, 'data').then(() => false), ended.then(() => true)])
    if (isOver) throw new Error(`The cluster did not start: ${said}`)
  }
  const url = readyLine.exec(said)![1]!
  expect(url).toBe(`http://127.0.0.1:${port}`)
  for (const name of ['worker-1', 'worker-2']) expect(said).toMatch(new RegExp(`^${name} \\| .*runs tasks`, 'm'))

  const account = await signUp(url)
  const marker = createMarker()
  const { client } = account
  const { projectId } = await client.projects.create.mutate({ pipeline: 'story', input: { text: `Of ${marker}.` } })
  const { taskId } = await client.tasks.create.mutate({ projectId, stages: ['rewrite', 'storyboard', 'camera'] })
  const shown = await Promise.all(
    (['sse', 'webSocket', 'polling'] as const).map(async (transport) => {
      let texts: string[] = []
      for await (const view of account.clientOver(transport).follow(taskId))
        texts = [...view.texts.values()].map(({ text }) => text)
      return texts
    }),
  )
  const sent = provider.requestsOf(marker).map(({ sentText }) => sentText)
  expect(sent).toHaveLength(3)
  expect(shown).toEqual([sent, sent, sent])
  account.close()

  started.kill('SIGINT')
  expect(await ended).toEqual([0, null])
  expect(said).toContain('worker-1 | ')
  expect(await canListen(port)).toBe(true)
})
