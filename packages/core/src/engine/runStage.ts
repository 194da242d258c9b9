import { createNormaliser } from '../feed/normalise.ts'
import type { LiveText } from '../feed/producer.ts'
import type { ProjectInput, StageContext, StageDefinition } from './definition.ts'
import type { StageRun } from './beginStage.ts'
import { callModel, type EndedCall } from './callModel.ts'
import { timeLimitFailure } from './decideClaim.ts'
import type { EngineDeps } from './deps.ts'
import type { StageResult } from './finishStage.ts'
import { waitOutOutage } from './outage.ts'
import { AttemptAborted, reasonOf, StageFailed, type AbortReason } from './stageErrors.ts'
import { documentsFor } from './stageDocuments.ts'
import { StageFigures } from './stageFigures.ts'
import { StreamLost, type LossReason, type TextStream } from './textWriter.ts'

export type StageOutcome =
  | { type: 'result'; result: StageResult }
  /** The attempt is not ours to end: the text stays open for the next one. */
  | { type: 'left'; reason: LeaveReason }

type LeaveReason = Extract<AbortReason, 'fenced' | 'databaseAway' | 'shutdown'>

export type StageRunning = {
  run: StageRun
  definition: StageDefinition
  stream: TextStream
  live: LiveText
  signal: AbortSignal
}

/**
 * Runs one stage to its end and leaves all its text durable. Text goes to the viewers at once and to the database on
 * the writer's tick. Failures of the provider and the user's stop are results; only bugs are thrown.
 */
export async function runStage(deps: EngineDeps, running: StageRunning): Promise<StageOutcome> {
  const figures = new StageFigures(deps.clock, running.live, running.run)
  const outcome = await runToEnd(deps, running, figures)
  if (outcome.type === 'left') await recordCalls(deps, figures.calls())
  return outcome
}

async function runToEnd(deps: EngineDeps, running: StageRunning, figures: StageFigures): Promise<StageOutcome> {
  const { definition, stream, live, signal } = running
  const normaliser = createNormaliser()
  const copy = (text: string): void => {
    if (text === '') return
    stream.append(text)
    live.append(text)
  }
  const add = (text: string): void => {
    copy(text)
    figures.onText(text)
  }
  try {
    const end = await readStage(deps, running, figures, {
      push: (text) => add(normaliser.push(text)),
      settle: () => add(normaliser.end()),
    })
    // Half a character at a stop is dropped: its other half may have been on its way.
    if (end.type === 'whole') {
      add(normaliser.end())
      copy(running.run.part?.after ?? '')
    }
    await stream.flush()
    return {
      type: 'result',
      result: {
        ...judge(definition, { text: stream.text(), input: running.run.project.input }, end),
        text: stream.text(),
        usage: figures.usage(),
        calls: figures.calls(),
        model: figures.onlyModel(),
      },
    }
  } catch (error) {
    if (error instanceof StreamLost) return { type: 'left', reason: reasonToLeave(error.reason) }
    const reason = reasonOf(signal)
    if (!signal.aborted || isEnding(reason)) throw error
    return leaveStage(stream, reason)
  }
}

/** No end of a stage will store what came of its calls. The next attempt does not wait for these records. */
async function recordCalls(deps: EngineDeps, calls: readonly EndedCall[]): Promise<void> {
  for (const { callId, ending } of calls) {
    await deps.database.endCall(callId, ending).catch((error: unknown) => {
      deps.log.warn({ err: error, callId }, 'The record of a model call could not be completed.')
    })
  }
}

/** A text that the database refuses is left like one it can't take: the job's lease runs out, and crashes are counted. */
export function reasonToLeave(loss: LossReason): Extract<LeaveReason, 'fenced' | 'databaseAway'> {
  return loss === 'fenced' ? 'fenced' : 'databaseAway'
}

/** Before a worker lets go of its own will, what its viewers have seen is made durable. */
async function leaveStage(stream: TextStream, reason: LeaveReason): Promise<StageOutcome> {
  try {
    if (reason === 'shutdown') await stream.flush()
    return { type: 'left', reason }
  } catch (error) {
    if (error instanceof StreamLost) return { type: 'left', reason: reasonToLeave(error.reason) }
    throw error
  }
}

type Sink = { push(text: string): void; settle(): void }
/** How the reading stopped: by itself, by a failure, or by the signal. */
type ReadEnd = { type: 'whole' } | { type: 'failed'; error: StageFailed } | { type: 'cancelled' }

async function readStage(deps: EngineDeps, running: StageRunning, figures: StageFigures, sink: Sink): Promise<ReadEnd> {
  const { definition, stream, signal } = running
  try {
    for await (const output of definition.run(contextOf(deps, running, figures))) {
      if (output.type === 'text') {
        sink.push(output.text)
        continue
      }
      sink.settle()
      await stream.flush()
      await passCheckpoint(deps, running, figures, output.data)
    }
    // A stage that ends quietly although it was told to stop has not finished.
    if (signal.aborted) throw new AttemptAborted(reasonOf(signal))
    return { type: 'whole' }
  } catch (error) {
    if (error instanceof StageFailed) return { type: 'failed', error }
    if (!(error instanceof AttemptAborted) || !isEnding(error.reason)) throw error
    if (error.reason === 'cancelled') return { type: 'cancelled' }
    return { type: 'failed', error: new StageFailed(timeLimitFailure(deps.settings), 'interrupted') }
  }
}

/** Stored with what came of the calls up to here: a long stage has thousands. */
async function passCheckpoint(
  deps: EngineDeps,
  { run, definition, stream, signal }: StageRunning,
  figures: StageFigures,
  data: unknown,
): Promise<void> {
  const fence = { attempt: run.task.attempt, length: stream.length() }
  const calls = figures.calls()
  const isOurs = await waitOutOutage(deps, signal, () =>
    deps.database.transaction(async (tx) => {
      if (!(await tx.setCheckpoint(run.rewrite.id, fence, data))) return false
      for (const { callId, ending } of calls) await tx.endCall(callId, ending)
      return true
    }),
  )
  if (!isOurs) throw new StreamLost('fenced')
  figures.forgetCalls(calls.length)
  if (definition.progressOf !== undefined) figures.onProgress(definition.progressOf(data))
}

type Judged = { text: string; input: ProjectInput }

function judge(
  definition: StageDefinition,
  { text, input }: Judged,
  end: ReadEnd,
): Omit<StageResult, 'text' | 'usage' | 'calls' | 'model'> {
  const none = { summary: null, score: null }
  if (end.type === 'cancelled') return { ...none, ending: 'stopped', failure: null }
  if (end.type === 'failed') return { ...none, ending: end.error.ending, failure: end.error.failure }
  const check = definition.check(text, input)
  const score = check.score ?? null
  if (check.ok) return { ending: 'complete', summary: check.summary, failure: null, score }
  return { ending: 'interrupted', summary: null, failure: check.failure, score }
}

/** Reasons that end the task here; after the others somebody else goes on. */
function isEnding(reason: AbortReason): reason is 'cancelled' | 'timeLimit' {
  return reason === 'cancelled' || reason === 'timeLimit'
}

function contextOf(
  deps: EngineDeps,
  { run, signal }: Pick<StageRunning, 'run' | 'signal'>,
  observer: StageFigures,
): StageContext {
  return {
    projectInput: run.project.input,
    input: run.input,
    earlier: run.earlier,
    presentText: run.presentText,
    instructions: run.instructions,
    keptText: run.keptText,
    checkpoint: run.rewrite.checkpoint?.content ?? null,
    part: run.part,
    call: (request) => callModel(deps, { run, ...request, signal, observer }),
    ...documentsFor(deps, { run, signal }),
  }
}
