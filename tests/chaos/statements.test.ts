import { afterEach, expect, test } from 'vitest'
import type { Client } from '@stagewright/client'
import { readClockMs, type SentMark } from '../../apps/server/src/providers/testing/index.ts'
import { percentile } from '../support/percentile.ts'
import { chooseSeed } from '../support/random.ts'
import { kindOf, logStatements, sizeOf, type Statement, type StatementLog } from '../support/statementLog.ts'
import { openStoryRunHere } from '../support/storyRun.ts'
import { counts, isFull } from './counts.ts'

const pace = { tokens: counts.countedTokens, tokensPerSecond: 50 }
/** For 1,000 tokens. A shorter text has its share of the ticks, with one each for the parts of a second at its ends. */
const chunkStatements = Math.ceil((90 * counts.countedTokens) / 1_000) + 2
/** However long the text is: claiming, calling, closing, and letting one viewer in. */
const otherStatements = 20
const tickBytes = 100
/** On a machine that is busy with other things frames grow, to 250 ms at most, and that is meant to be. */
const deltaMs = isFull ? 10 : 300

let log: StatementLog | null = null
afterEach(() => log?.stop())

test(`${counts.countedTokens} tokens at 50 a second with one viewer cost few statements, and reach the viewer at once`, async () => {
  await using run = await openStoryRunHere({ seed: chooseSeed('statements'), pace })
  const project = await run.createProject()
  const viewing = viewProject(run.account.client, project.projectId)
  await viewing.arrived
  log = logStatements()
  const task = await run.createTaskIn(project, ['rewrite'])
  const { seen, text } = await viewing.closed
  const statements = fromClaim(log.statements)
  log.stop()

  const { marks } = await run.provider.requestOf(task.marker)
  const delays = marks.map((mark) => seen.find(({ length }) => length >= mark.length)!.atMs - mark.atMs)
  console.log(
    `a delta reached the viewer after ${percentile(delays, 50).toFixed(1)} ms (median), ${percentile(delays, 99).toFixed(1)} ms (p99)`,
  )

  const { chunk = [], other = [], queue = [], transaction = [] } = Object.fromEntries(Map.groupBy(statements, kindOf))
  const textBytes = Buffer.byteLength(text)
  const written = [...chunk, ...other.filter(({ values }) => values.includes(text))].reduce(
    (sum, statement) => sum + sizeOf(statement),
    0,
  )
  console.log(
    `${chunk.length} chunk statements, ${other.length} others, ${queue.length} of the queue, ${transaction.length} around transactions`,
  )
  console.log(`${written} bytes written for ${textBytes} bytes of text\n${describe(other)}`)

  expect(percentile(delays, 50)).toBeLessThanOrEqual(deltaMs)
  expect(chunk.length).toBeLessThanOrEqual(chunkStatements)
  // The chunks and the whole text at its close: nothing else may carry text.
  expect(written).toBeGreaterThanOrEqual(2 * textBytes)
  expect(written).toBeLessThanOrEqual(2 * textBytes + tickBytes * (chunk.length + 1))
  expect(other.length).toBeLessThanOrEqual(otherStatements)
  expect(await run.stopAndCheck()).toEqual([])
})

/** A viewer as the studio is one: it is in the project before anything runs, and stays. */
function viewProject(client: Client, projectId: string) {
  const arrived = Promise.withResolvers<void>()
  const watch = async (): Promise<{ seen: SentMark[]; text: string }> => {
    const seen: SentMark[] = []
    for await (const { state, current } of client.followProject(projectId)) {
      if (state !== null) arrived.resolve()
      seen.push({ length: current?.text.length ?? 0, atMs: readClockMs() })
      const isOver = state?.tasks.length === 0 && state.stages.some(({ status }) => status === 'done')
      if (isOver && current !== null && current.closed !== null) return { seen, text: current.text }
    }
    throw new Error('The project is followed no more.')
  }
  return { arrived: arrived.promise, closed: watch() }
}

/** From the claim of the task on: the first hold of its project after the transaction that made it. */
function fromClaim(statements: readonly Statement[]): Statement[] {
  const made = statements.findIndex(({ sql }) => /INSERT INTO .*tasks/.test(sql))
  const committed = statements.findIndex(({ sql }, index) => index > made && /^COMMIT/i.test(sql))
  const claimed = statements.findIndex(
    ({ sql }, index) => index > committed && sql.startsWith('UPDATE projects p SET revision'),
  )
  return statements.slice(claimed)
}

function describe(statements: readonly Statement[]): string {
  const byText = Map.groupBy(statements, ({ sql }) => sql.replaceAll(/\s+/g, ' ').trim().slice(0, 110))
  return [...byText].map(([sql, all]) => `${String(all.length).padStart(4)} ${sql}`).join('\n')
}
