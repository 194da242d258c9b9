/**
 * One attempt of a task in this process. Guarantees: every path settles once (ended, waiting, or left to the next
 * attempt); nothing is written after the fence has refused; viewers learn the end only after its commit.
 *
 *   claimed -> running stage -> (next stage)* -> ended
 *                            \-> left: fenced | shutdown | database away -> another attempt goes on
 */
import type { Job } from '../ports/queue.ts'
import type { LiveText } from '../feed/producer.ts'
import { DatabaseUnavailable } from '../ports.ts'
import type { StageRun } from './beginStage.ts'
import type { EngineDeps } from './deps.ts'
import { finishStage, type Finished, type StageResult } from './finishStage.ts'
import { waitOutOutage } from './outage.ts'
import { requirePipeline, requireStage } from './pipelineParts.ts'
import { reasonToLeave, runStage, type StageOutcome } from './runStage.ts'
import type { AbortReason } from './stageErrors.ts'
import type { TextWriter } from './textWriter.ts'

export type TaskEnding = 'ended' | Extract<AbortReason, 'fenced' | 'databaseAway' | 'shutdown'>

export type TaskRunning = {
  writer: TextWriter
  job: Job
  abort: AbortController
  timeLeftMs: number
  onStage(rewriteId: string): void
}

export async function runTask(deps: EngineDeps, first: StageRun, running: TaskRunning): Promise<TaskEnding> {
  const { abort } = running
  const cancelLimit = deps.clock.after(running.timeLeftMs, () => abort.abort('timeLimit' satisfies AbortReason))
  try {
    let run: StageRun | null = first
    while (run !== null) {
      running.onStage(run.rewrite.id)
      const live = deps.feed.startText(run.rewrite, run.keptText)
      const finished: Ran = await runAndFinish(deps, run, running, live).catch((error: unknown) => {
        // Whatever went wrong: this worker writes no more of the text, and its viewers must not wait for it.
        live.abandon()
        throw error
      })
      if (finished.type === 'left') {
        live.abandon()
        return finished.reason
      }
      live.close(finished.closed)
      run = finished.type === 'next' ? finished.run : null
    }
    return 'ended'
  } finally {
    cancelLimit()
  }
}

/** A stage's run with its closing transaction, or the reason why somebody else goes on with it. */
type Ran = Exclude<Finished, { type: 'fenced' }> | { type: 'left'; reason: Exclude<TaskEnding, 'ended'> }

async function runAndFinish(deps: EngineDeps, run: StageRun, running: TaskRunning, live: LiveText): Promise<Ran> {
  const outcome = await runOne(deps, run, running, live)
  if (outcome.type === 'left') return outcome
  // The text is whole and durable: a database that is away now is waited for, as long as text would be.
  const finished = await waitOutOutage(deps, running.abort.signal, () =>
    finishStage(deps, run, outcome.result, running.job),
  )
  return finished.type === 'fenced' ? { type: 'left', reason: 'fenced' } : finished
}

async function runOne(
  deps: EngineDeps,
  run: StageRun,
  { writer, abort }: TaskRunning,
  live: LiveText,
): Promise<StageOutcome> {
  const definition = requireStage(requirePipeline(deps.pipelines, run.project.pipeline), run.stageKey)
  const stream = writer.open({
    rewriteId: run.rewrite.id,
    attempt: run.task.attempt,
    keptText: run.keptText,
    onLost: (reason) => abort.abort(reasonToLeave(reason)),
    onCancelRequested: () => abort.abort('cancelled' satisfies AbortReason),
  })
  try {
    return await runStage(deps, { run, definition, stream, live, signal: abort.signal })
  } catch (error) {
    if (error instanceof DatabaseUnavailable) return { type: 'left', reason: 'databaseAway' }
    deps.log.error({ err: error, taskId: run.task.id, stage: run.stageKey }, 'A stage failed by a fault of ours.')
    await stream.flush()
    return { type: 'result', result: internalFailure(stream.text()) }
  } finally {
    stream.end()
  }
}

function internalFailure(text: string): StageResult {
  return {
    text,
    ending: 'interrupted',
    summary: null,
    score: null,
    failure: {
      code: 'server.internal',
      message: 'The server made a mistake while running this stage. Try again; the text so far is kept.',
    },
    usage: { promptTokens: 0, completionTokens: 0, estimated: true },
    calls: [],
    model: null,
  }
}
