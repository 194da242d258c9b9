import { afterEach, expect, test } from 'vitest'
import type { Client } from '@stagewright/client'
import { readClockMs, type SentMark } from '../../apps/server/src/providers/testing/index.ts'
import { percentile } from '../support/percentile.ts'
import { chooseSeed } from '../support/random.ts'
import { kindOf, logStatements, sizeOf, type Statement, type StatementLog } from '../support/statementLog.ts'
import { openStoryRunHere } from '../support/storyRun.ts'
import { counts } from './counts.ts'

const pace = { tokens: counts.countedTokens, tokensPerSecond: 50 }
/** For 1,000 tokens. A shorter text has its share of the ticks, with one each for the parts of a second at its ends. */
const chunkStatements = Math.ceil((90 * counts.countedTokens) / 1_000) + 2
/** However long the text is: claiming, calling, closing, and one viewer. */
const otherStatements = 20
const tickBytes = 100
/** On a machine that is busy with other things frames grow, to 250 ms at most, and that is meant to be. */
const deltaMs = 10 * counts.patience

let log: StatementLog | null = null
afterEach(() => log?.stop())

test.each([
  ['the studio, in the project before anything runs', viewProject],
  ['a service that comes when it has made the task', viewTask],
])(
  `${counts.countedTokens} tokens at 50 a second cost few statements, and reach the viewer at once: %s`,
  async (_name, view) => {
    await using run = await openStoryRunHere({ seed: chooseSeed('statements'), pace })
    const { client } = run.account
    const project = await run.createProject()
    const viewing = view(client, project.projectId)
    await viewing.arrived
    log = logStatements()
    const task = await run.createTaskIn(project, ['rewrite'])
    const { seen, text } = await viewing.closed(task.taskId)
    const statements = afterCreate(log.statements)
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
    console.log(`${written} bytes written for ${textBytes} bytes of text\n${describe(other)}\n${describe(transaction)}`)

    expect(percentile(delays, 50)).toBeLessThanOrEqual(deltaMs)
    expect(chunk.length).toBeLessThanOrEqual(chunkStatements)
    // The chunks and the whole text at its close: nothing else may carry text.
    expect(written).toBeGreaterThanOrEqual(2 * textBytes)
    expect(written).toBeLessThanOrEqual(2 * textBytes + tickBytes * (chunk.length + 1))
    expect(other.length).toBeLessThanOrEqual(otherStatements)
    expect(await run.stopAndCheck()).toEqual([])
  },
)

type Seen = { seen: SentMark[]; text: string }

/** A viewer as the studio is one: it is in the project before anything runs, and stays. */
function viewProject(client: Client, projectId: string) {
  const arrived = Promise.withResolvers<void>()
  const watch = async (): Promise<Seen> => {
    const seen: SentMark[] = []
    for await (const { state, current } of client.followProject(projectId)) {
      if (state !== null) arrived.resolve()
      seen.push({ length: current?.text.length ?? 0, atMs: readClockMs() })
      const isOver = state?.tasks.length === 0 && state.stages.some(({ status }) => status === 'done')
      if (isOver && current !== null && current.closed !== null) return { seen, text: current.text }
    }
    throw new Error('The project is followed no more.')
  }
  const closed = watch()
  return { arrived: arrived.promise, closed: () => closed }
}

/** A viewer as a service is one: it follows the task that it has made, to its end. */
function viewTask(client: Client) {
  const closed = async (taskId: string): Promise<Seen> => {
    const seen: SentMark[] = []
    for await (const { current, end } of client.follow(taskId)) {
      seen.push({ length: current?.text.length ?? 0, atMs: readClockMs() })
      if (end !== null) return { seen, text: current?.text ?? '' }
    }
    throw new Error(`Task ${taskId} did not end.`)
  }
  return { arrived: Promise.resolve(), closed }
}

/** From the commit that made the task: its claim, its run, its end, and what its viewer costs. */
function afterCreate(statements: readonly Statement[]): Statement[] {
  const made = statements.findIndex(({ sql }) => /INSERT INTO .*tasks/.test(sql))
  const committed = statements.findIndex(({ sql }, index) => index > made && /^COMMIT/i.test(sql))
  return statements.slice(committed + 1)
}

function describe(statements: readonly Statement[]): string {
  const byText = Map.groupBy(statements, ({ sql }) => sql.replaceAll(/\s+/g, ' ').trim().slice(0, 110))
  return [...byText].map(([sql, all]) => `${String(all.length).padStart(4)} ${sql}`).join('\n')
}
