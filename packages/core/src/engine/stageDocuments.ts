import { AppError } from '../errors.ts'
import type { Segment } from '../ports/files.ts'
import type { StageRun } from './beginStage.ts'
import type { StageContext } from './definition.ts'
import type { EngineDeps } from './deps.ts'
import { failureOf } from './endTask.ts'
import { AttemptAborted, reasonOf, StageFailed } from './stageErrors.ts'
import { StreamLost } from './textWriter.ts'

/** The documents of the project as its stages are given them: what goes wrong with one ends the stage with its words. */
export function documentsFor(
  { documents }: EngineDeps,
  { run: { project, rewrite, task }, signal }: { run: StageRun; signal: AbortSignal },
): Pick<StageContext, 'readDocument' | 'deliverDocument'> {
  return {
    async *readDocument(fileId): AsyncGenerator<Segment, void> {
      try {
        for await (const segment of documents.readSegments(project, fileId, signal)) {
          if (signal.aborted) throw new AttemptAborted(reasonOf(signal))
          yield segment
        }
      } catch (error) {
        throw asStageError(error, signal)
      }
    },
    async deliverDocument(delivery) {
      const fence = { project, rewriteId: rewrite.id, attempt: task.attempt }
      const file = await documents.deliver({ ...delivery, ...fence }, signal).catch((error: unknown) => {
        throw asStageError(error, signal)
      })
      if (file === null) throw new StreamLost('fenced')
      return file
    },
  }
}

function asStageError(error: unknown, signal: AbortSignal): unknown {
  if (signal.aborted) return new AttemptAborted(reasonOf(signal))
  return error instanceof AppError ? new StageFailed(failureOf(error), 'interrupted') : error
}
