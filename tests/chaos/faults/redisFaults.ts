import { setTimeout as pause } from 'node:timers/promises'
import { expect } from 'vitest'
import { openClusterRun, type Cluster, type ClusterOptions } from '../../support/clusterRun.ts'
import { startCuttingProxy, type CuttingProxy } from '../../support/cuttingProxy.ts'
import { createRandom } from '../../support/random.ts'
import type { StoryRun } from '../../support/storyRun.ts'
import { startTemporaryRedis, type TemporaryRedis } from '../../support/temporaryRedis.ts'
import { countResets } from '../../support/viewerRecord.ts'

const tokensPerSecond = 50
const kinds = ['flushed', 'silent', 'cut', 'killed'] as const
type Kind = (typeof kinds)[number]

export type RedisFaults = Pick<ClusterOptions, 'databaseUrl' | 'seed'> & { faults: number; lastingMs: number }

/** While texts are written Redis is emptied, silent, cut off or killed, in random order, each of them at least once. */
export async function breakRedis({ faults, lastingMs, ...options }: RedisFaults): Promise<string[]> {
  const random = createRandom(options.seed)
  await using stack = new AsyncDisposableStack()
  const redis = await startTemporaryRedis()
  stack.defer(() => redis.stop())
  const address = new URL(redis.url)
  const proxy = stack.use(await startCuttingProxy(Number(address.port)))
  address.port = String(proxy.port)
  const pace = { tokens: (tokensPerSecond * (lastingMs + 2_000)) / 1_000, tokensPerSecond }
  const environment = { REDIS_URL: address.href }
  const run = stack.use(await openClusterRun({ ...options, environment, pace, apis: 2 }))
  await run.server.startWorkers(2)

  const chosen = [...kinds, ...Array.from({ length: Math.max(0, faults - kinds.length) }, () => random.pick(kinds))]
  for (const kind of chosen.toSorted(() => random.next() - 0.5))
    await breakOnce(run, { redis, proxy, kind, lastingMs, afterLength: random.between(1, 200) })
  expect(run.server.output()).not.toContain(redis.password)
  return await run.stopAndCheck()
}

type Breaking = { redis: TemporaryRedis; proxy: CuttingProxy; kind: Kind; lastingMs: number; afterLength: number }

async function breakOnce(run: StoryRun<Cluster>, breaking: Breaking): Promise<void> {
  const task = await run.createTask(['rewrite'])
  const viewers = run.server.apis.map(({ url }) => run.watch(task, run.account.clientOver('sse', url)))
  const untilAll = (length: number): Promise<unknown> =>
    Promise.all(viewers.map((viewer) => viewer.until(({ current }) => (current?.text.length ?? 0) >= length)))
  const exchange = await run.provider.requestOf(task.marker)
  await untilAll(breaking.afterLength)

  const mend = await breakIt(breaking)
  const brokenAtLength = exchange.sentText.length
  const startedAt = performance.now()
  // The text goes on by what is stored: while it is broken, not only afterwards.
  await untilAll(brokenAtLength + 40)
  const slowedMs = performance.now() - startedAt
  await pause(breaking.lastingMs - slowedMs)
  await mend()
  await Promise.all(viewers.map((viewer) => viewer.finished))

  console.log(`Redis ${breaking.kind}: 40 letters more were with the viewers after ${Math.round(slowedMs)} ms`)
  expect(slowedMs).toBeLessThan(breaking.lastingMs)
  expect(run.provider.requestsOf(task.marker)).toHaveLength(1)
  for (const { record } of viewers) {
    expect(record.view?.end).toMatchObject({ status: 'completed' })
    expect(countResets(record)).toBe(0)
  }
}

/** Gives what makes it whole again. */
async function breakIt({ redis, proxy, kind }: Breaking): Promise<() => Promise<void>> {
  switch (kind) {
    case 'flushed':
      await redis.flush()
      return async () => {}
    case 'silent':
      proxy.hold()
      return async () => proxy.release()
    case 'cut':
      proxy.refuse(true)
      proxy.cut()
      return async () => proxy.refuse(false)
    case 'killed':
      await redis.kill()
      return () => redis.restart()
  }
}
