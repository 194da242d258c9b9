import { expect } from 'vitest'
import { askAgain } from '../../support/askAgain.ts'
import { openClusterRun, type ClusterOptions } from '../../support/clusterRun.ts'
import { startCuttingProxy } from '../../support/cuttingProxy.ts'
import { createRandom } from '../../support/random.ts'
import { allStages } from '../../support/storyRun.ts'
import { countResets } from '../../support/viewerRecord.ts'

const pace = { tokens: 80, tokensPerSecond: 60 }
const tasksAtOnce = 4

export type LostAnswers = Pick<ClusterOptions, 'databaseUrl' | 'environment' | 'seed'> & {
  /** Connections to be cut. */
  cuts: number
}

/**
 * Between every process and its database sits a proxy that cuts connections when a statement or a COMMIT has reached the
 * server: it is done, and who asked for it does not know. Tasks run until so many connections have been cut.
 */
export async function loseAnswers({ cuts, databaseUrl, ...options }: LostAnswers): Promise<string[]> {
  const random = createRandom(options.seed)
  let isCutting = false
  const cut = { commits: 0, statements: 0 }
  const losesAnswerTo = (bytes: Buffer): boolean => {
    if (!isCutting) return false
    const isCommit = bytes.includes('COMMIT')
    // Of the many statements that only look, few are worth a cut.
    if (random.next() >= (isCommit ? 0.1 : 0.01)) return false
    cut[isCommit ? 'commits' : 'statements'] += 1
    return true
  }
  const address = new URL(databaseUrl)
  await using stack = new AsyncDisposableStack()
  const proxy = stack.use(await startCuttingProxy(Number(address.port), { losesAnswerTo }))
  address.port = String(proxy.port)
  const run = stack.use(
    await openClusterRun({ ...options, databaseUrl, processDatabaseUrl: address.href, pace, apis: 2 }),
  )
  await run.server.startWorkers(2)
  const isEnough = (): boolean => cut.commits + cut.statements >= cuts
  let resets = 0
  let tasks = 0
  const lanes = Array.from({ length: tasksAtOnce }, async () => {
    do {
      const idempotencyKey = crypto.randomUUID()
      const project = await askAgain(() => run.createProject())
      // What was lost of a create is only its answer: asked again under its key, it is the same task.
      const task = await askAgain(() => run.createTaskIn(project, allStages, { idempotencyKey }))
      const viewers = run.server.apis.map(({ url }) =>
        run.watch(task, run.account.clientOver(random.pick(['sse', 'webSocket', 'polling'] as const), url)),
      )
      isCutting = true
      await Promise.all(viewers.map((viewer) => viewer.finished))
      for (const { record } of viewers) {
        expect(record.view?.end).toMatchObject({ status: 'completed' })
        resets += countResets(record)
      }
      tasks += 1
    } while (!isEnough())
  })
  const ends = await Promise.allSettled(lanes)
  isCutting = false
  expect(ends.flatMap((end) => (end.status === 'rejected' ? [end.reason as unknown] : []))).toEqual([])
  console.log(`${tasks} tasks, ${cut.commits} answers to a COMMIT and ${cut.statements} others lost, ${resets} resets`)
  expect(cut.commits).toBeGreaterThan(0)
  return await run.stopAndCheck()
}
