// One worker, many texts at once, all of them waiting for the network and not for the processor: what it asks of the
// database must not grow with their number.
import { setTimeout as pause } from 'node:timers/promises'
import { afterAll, afterEach, beforeAll, expect, test } from 'vitest'
import { openServer } from '../../apps/server/src/testing/openServer.ts'
import { counts, isFull } from './counts.ts'
import { startHeldProvider } from '../support/heldProviderProcess.ts'
import { kindOf, logStatements, type Statement, type StatementLog } from '../support/statementLog.ts'
import { openTestPostgres, type TestPostgres } from '../support/temporaryPostgres.ts'

const taskCount = counts.tasksAtOnce
const tokens = 150
const tokensPerSecond = 15
const measuredSeconds = 5
/** A second: one fetch and half a touch for all slots, and a tick of text four times. */
const limits = { fetch: 2, touch: 1, chunk: 6, all: 10 }
const fetching = /WITH\s+next\s+AS\b/
const touching = /SET\s+heartbeat_on\s+=\s+pgboss/

let postgres: TestPostgres
let log: StatementLog | null = null
beforeAll(async () => {
  postgres = await openTestPostgres()
})
afterEach(() => log?.stop())
afterAll(() => postgres?.stop())

test.each(isFull ? (['embedded', 'PostgreSQL'] as const) : (['embedded'] as const))(
  `Q1 one worker streams ${taskCount} tasks at once with as few statements as one (%s)`,
  async (kind) => {
    await using provider = await startHeldProvider({ requests: taskCount, tokens, tokensPerSecond })
    const database: Record<string, string> =
      kind === 'embedded' ? {} : { DATABASE_URL: await postgres.createDatabase(), SECRET_KEY: 'c'.repeat(64) }
    const many = String(5 * taskCount)
    const server = await openServer({
      environment: {
        ...provider.environment,
        ...database,
        WORKER_SLOTS: String(taskCount + 20),
        TASKS_AT_ONCE: many,
        QUEUE_LIMIT: many,
        CALLS_PER_HOUR: many,
      },
    })
    try {
      const { client } = await server.signUp('anna@example.com')
      const tasks = await Promise.all(
        Array.from({ length: taskCount }, async (_, index) => {
          const { projectId } = await client.projects.create.mutate({
            pipeline: 'story',
            input: { text: `Topic ${index}` },
          })
          return { projectId, ...(await client.tasks.create.mutate({ projectId, stages: ['rewrite'] })) }
        }),
      )
      await provider.begun
      // From a tick that carries text: the calls of all and the closing of their transactions are not what is measured.
      const begun = (log = logStatements())
      while (!begun.statements.some(({ sql }) => /INSERT INTO chunks/.test(sql))) await pause(50)
      await pause(1_000)
      begun.stop()
      log = logStatements()
      await pause(measuredSeconds * 1_000)
      log.stop()
      const running = await client.tasks.list.query({ status: 'running' })
      expect(running.total).toBe(taskCount)
      const statements = [...log.statements]
      console.log(describe(statements))
      const perSecond = (count: number): number => count / measuredSeconds
      const count = (pattern: RegExp): number => perSecond(statements.filter(({ sql }) => pattern.test(sql)).length)
      expect(count(/INSERT INTO chunks/)).toBeGreaterThan(0)
      expect(count(/INSERT INTO chunks/)).toBeLessThanOrEqual(limits.chunk)
      expect(count(fetching)).toBeGreaterThan(0)
      expect(count(fetching)).toBeLessThanOrEqual(limits.fetch)
      expect(count(touching)).toBeGreaterThan(0)
      expect(count(touching)).toBeLessThanOrEqual(limits.touch)
      expect(perSecond(statements.length)).toBeLessThanOrEqual(limits.all)

      const texts = await Promise.all(
        tasks.map(async ({ taskId }) => {
          const task = await client.finished(taskId)
          expect(task.status).toBe('completed')
          const { text } = await client.stages.version.query({ rewriteId: task.stages[0]!.rewriteId! })
          return text
        }),
      )
      expect(new Set(texts.map(numberOf)).size).toBe(taskCount)
      for (const text of texts) expect(text).toBe(wholeText(numberOf(text)))
    } finally {
      await server.close()
    }
  },
)

/** The request a text answers, which its first token tells. */
function numberOf(text: string): number {
  return Number(/^r(\d+)t0/.exec(text)?.[1])
}

function wholeText(request: number): string {
  return Array.from({ length: tokens }, (_, index) => `r${request}t${index}字🎬 `).join('')
}

function describe(statements: readonly Statement[]): string {
  const name = (statement: Statement): string =>
    `${kindOf(statement).padEnd(12)}${statement.sql.replaceAll(/\s+/g, ' ').trim().slice(0, 100)}`
  return [...Map.groupBy(statements, name)]
    .toSorted(([, a], [, b]) => b.length - a.length)
    .map(([text, all]) => `${(all.length / measuredSeconds).toFixed(1).padStart(6)}/s ${text}`)
    .join('\n')
}
