import type { CallEvent, CallFailure, CallOutcome, Usage } from '@stagewright/core'
import { failBadAnswer, failByStatement, failInterrupted, failTooMuch, type Callee } from './callFailure.ts'
import { readErrorObject } from './errorBody.ts'
import type { ChunkContent, FinishReason } from './readChunk.ts'

/** What has come of one call so far, and what that makes of it in the end. */
export type CallProgress = {
  readonly finish: FinishReason | null
  /** Yields what a chunk brings; returns a failure when the chunk ends the call badly. */
  take(chunk: ChunkContent): Generator<CallEvent, CallFailure | null>
  /** The outcome, given the trouble that ended the call (null: it just ended). */
  conclude(trouble: CallFailure | null): CallOutcome
}

/** Follows one call. `maxTextBytes` caps the text in UTF-8. */
export function followCall(callee: Callee, maxTextBytes: number): CallProgress {
  let finish: FinishReason | null = null
  let usage: Usage | null = null
  let chunks = 0
  let textBytes = 0
  let begun = false

  return {
    get finish() {
      return finish
    },
    *take(chunk) {
      chunks += 1
      usage = chunk.usage ?? usage
      if (chunk.error !== null) {
        return failByStatement(callee, { status: null, body: readErrorObject(chunk.error), retryAfterMs: null })
      }
      textBytes += Buffer.byteLength(chunk.text)
      if (textBytes > maxTextBytes) return failTooMuch(callee)
      begun ||= chunk.reasoning !== '' || chunk.text !== ''
      if (chunk.reasoning !== '') yield { type: 'reasoning', text: chunk.reasoning }
      if (chunk.text !== '') yield { type: 'text', text: chunk.text }
      if (chunk.finish === 'broken') return failInterrupted(callee, 'saidByProvider')
      finish = chunk.finish ?? finish
      return null
    },
    conclude(trouble) {
      // The text is complete: what breaks after that (the usage, the closing mark, the connection) takes nothing away.
      if (finish !== null) return { type: 'finished', reason: finish, usage }
      const failure = trouble ?? explainEnd(callee, chunks)
      // A repetition would double what was already shown, so from the first token on it is not offered.
      return { type: 'failed', failure: { ...failure, transient: failure.transient && !begun }, usage }
    },
  }
}

/** A stream that just ends is not a success, whatever it brought: only a finish reason is. */
function explainEnd(callee: Callee, chunks: number): CallFailure {
  if (chunks === 0) return failBadAnswer(callee, 'an empty stream', { transient: true })
  return failInterrupted(callee, 'noFinishReason')
}
