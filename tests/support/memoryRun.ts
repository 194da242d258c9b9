// A takeover played step by step on the program itself, in memory: one process pauses in mid-text, another goes on with
// the task, and the first wakes up and writes late. What the ports do can be replaced, to see whether that shows.
import { setImmediate as nextTurn } from 'node:timers/promises'
import {
  emptyView,
  foldEvent,
  isGap,
  type CallOutcome,
  type Database,
  type FeedView,
  type ProviderPort,
} from '@stagewright/core'
import { createMemoryStorage, createNodeCrypto } from '@stagewright/core/testing'
import { createCuttableStorage } from '../../packages/core/src/testing/cuttableStorage.ts'
import { openProgram, realClock, type OpenProgram } from '../../packages/core/src/testing/openProgram.ts'
import {
  createScriptedModel,
  type ScriptedCall,
  type ScriptedModel,
} from '../../packages/core/src/testing/scriptedModel.ts'
import type { Run } from './check/run.ts'
import type { RunRows } from './runRows.ts'
import type { ProviderRequest } from './storyProvider.ts'
import type { ViewerRecord } from './viewerRecord.ts'

/** What of the program's surroundings is not as it must be. */
export type Fault = {
  database?: (database: Database) => Partial<Database>
  provider?: (provider: ProviderPort) => ProviderPort
  /** The provider stops in the middle of its last text instead of finishing it. */
  isCutOff?: boolean
  /** Text reaches viewers from storage alone. */
  fromStorage?: boolean
}

const actor = { userId: 'anna' }
/** A viewer that has no end so long after its task's will never have one. */
const patienceMs = 500

export async function playTakeover(fault: Fault = {}): Promise<Run> {
  const storage = createMemoryStorage({ crypto: createNodeCrypto(), clock: realClock })
  const database: Database = { ...storage.database, ...fault.database?.(storage.database) }
  const join = () => {
    const cut = createCuttableStorage({ database, queue: storage.queue })
    const model = createScriptedModel()
    const provider = fault.provider?.(model) ?? model
    const program = openProgram({
      provider,
      storage: cut,
      feedOptions: { silenceMs: 20, localTails: fault.fromStorage !== true },
    })
    return { cut, model, program }
  }
  const paused = join()
  const second = join()
  const requests: ProviderRequest[] = []
  try {
    await paused.program.engine.start({ nobodyElse: true })
    const { projectId } = await paused.program.projects.create(actor, { pipeline: 'three', input: { text: 'a topic' } })
    const { taskId } = await paused.program.engine.create(actor, { projectId, stages: ['first'] })
    const old = await takeCall(paused.model, requests)
    old.send('The old text')
    await untilStored(storage.database, taskId, 12)
    paused.cut.hold()
    old.send(' and what came late.')
    old.finish()

    await second.program.engine.start({ nobodyElse: true })
    const viewer = view(second.program, taskId)
    const call = await takeCall(second.model, requests)
    call.send('The new ')
    await untilStored(storage.database, taskId, 8, 2)
    paused.cut.letThrough()
    await until(() => paused.program.engine.runningCount() === 0)
    call.send('text, ')
    // A tick of its own, so that what is read from storage is read from the middle.
    await untilStored(storage.database, taskId, 14, 2)
    call.send('to its end.')
    if (fault.isCutOff === true) call.fail({ code: 'provider.interrupted' })
    else call.finish()
    await until(async () => (await storage.database.taskLook(taskId))?.task.endedAt !== null)
    await viewer.leaveAfter(patienceMs)
    const rows = await readRows(storage.database, taskId)
    const log = requests.map((request, index) => ({ ...request, isWhole: index === 1 && fault.isCutOff !== true }))
    return {
      rows,
      requests: log,
      requestsReadAtMs: Date.now(),
      viewers: [viewer.record],
      taskIds: [taskId],
      log: '',
      secrets: {},
    }
  } finally {
    paused.cut.letThrough()
    await Promise.all([paused.program.close(), second.program.close()])
  }
}

/** The next call of the model, and what the provider's log says of it. */
async function takeCall(model: ScriptedModel, requests: ProviderRequest[]): Promise<ScriptedCall> {
  const call = await model.nextCall()
  const receivedAtMs = Date.now()
  requests.push({
    messages: call.request.messages,
    receivedAtMs,
    get sentText() {
      return call.sent()
    },
    isWhole: false,
    closedAtMs: receivedAtMs,
  })
  return call
}

function view({ feed }: OpenProgram, taskId: string) {
  const leaving = new AbortController()
  const record: ViewerRecord = { name: '1', taskId, connections: [[]], texts: [] }
  let shown: FeedView = emptyView
  const following = (async () => {
    for await (const followed of feed.followTask({ taskId, signal: leaving.signal })) {
      record.connections[0]!.push(followed)
      const folded = foldEvent(shown, followed.event)
      if (!isGap(folded)) shown = folded
    }
    record.texts = [...shown.texts.values()].map(({ rewriteId, text, closed }) => ({
      rewriteId,
      text,
      sha256: closed?.sha256 ?? null,
    }))
  })()
  const leaveAfter = async (ms: number): Promise<void> => {
    const timer = setTimeout(() => leaving.abort(), ms)
    await following
    clearTimeout(timer)
  }
  return { record, leaveAfter }
}

async function until(isReached: () => boolean | Promise<boolean>): Promise<void> {
  while (!(await isReached())) await nextTurn()
}

const untilStored = (database: Database, taskId: string, length: number, attempt = 1): Promise<void> =>
  until(async () => {
    const rewrite = (await database.taskWithRewrites(taskId))!.rewrites[0]
    return rewrite !== undefined && rewrite.attempt === attempt && rewrite.length >= length
  })

/** The rows as the memory has them, past whatever was replaced. */
async function readRows(database: Database, taskId: string): Promise<RunRows> {
  const { task, stageRuns, attempts, calls, rewrites } = (await database.taskDetails(taskId))!
  const texts = await Promise.all(rewrites.map(async ({ id }) => (await database.storedTextFrom(id, 0))!.text))
  return {
    tasks: [task],
    taskStages: stageRuns,
    attempts,
    calls: [...calls],
    rewrites: rewrites.map((rewrite, index) => ({
      ...rewrite,
      taskId,
      text: rewrite.ending === null ? null : texts[index]!,
    })),
    chunks: [],
    dump: '',
  }
}

/** Whatever a provider's stream ends as is called finished. */
export function takeEndForSuccess(provider: ProviderPort): ProviderPort {
  return {
    async *stream(request) {
      const outcome: CallOutcome = yield* provider.stream(request)
      return outcome.type === 'failed' ? { type: 'finished', reason: 'stop', usage: null } : outcome
    },
  }
}
