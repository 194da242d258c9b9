import { once } from 'node:events'
import type { ServerResponse } from 'node:http'
import { estimateTokens } from '@stagewright/core'
import { sendJson } from './apiError.ts'
import type { CompletionRequest } from './completionRequest.ts'
import { paceTokens, type Pace } from './pacing.ts'
import { splitPieces } from './pieces.ts'
import { composeAnswer } from './writing/composeAnswer.ts'

type Completion = {
  id: string
  created: number
  model: string
  pieces: readonly string[]
  finishReason: 'stop' | 'length'
  usage: { prompt_tokens: number; completion_tokens: number; total_tokens: number }
}

export type AnswerOptions = { id: string; pace: Pace; signal: AbortSignal }

/** Writes the answer to a request, piece by piece or whole, at its pace. Ends early and quietly when the signal is aborted. */
export async function answerCompletion(
  response: ServerResponse,
  request: CompletionRequest,
  options: AnswerOptions,
): Promise<void> {
  const completion = prepareCompletion(request, options.id)
  if (request.stream) await streamCompletion(response, completion, request.includeUsage, options)
  else await sendWhole(response, completion, options)
}

function prepareCompletion(request: CompletionRequest, id: string): Completion {
  const all = splitPieces(composeAnswer(request))
  const pieces = all.slice(0, request.maxTokens)
  const promptTokens = request.messages.reduce((sum, message) => sum + estimateTokens(message.content), 0)
  return {
    id,
    created: Math.floor(Date.now() / 1000),
    model: request.model,
    pieces,
    finishReason: pieces.length < all.length ? 'length' : 'stop',
    usage: {
      prompt_tokens: promptTokens,
      completion_tokens: pieces.length,
      total_tokens: promptTokens + pieces.length,
    },
  }
}

async function sendWhole(response: ServerResponse, completion: Completion, options: AnswerOptions): Promise<void> {
  const { id, created, model, pieces, finishReason, usage } = completion
  // The wait is as long as the writing would be: a caller sees what a provider that can't stream is like.
  await Array.fromAsync(paceTokens(pieces.length, options.pace, options))
  if (options.signal.aborted) return
  const message = { role: 'assistant', content: pieces.join(''), refusal: null }
  const choices = [{ index: 0, message, logprobs: null, finish_reason: finishReason }]
  sendJson(response, 200, { id, object: 'chat.completion', created, model, choices, usage })
}

async function streamCompletion(
  response: ServerResponse,
  completion: Completion,
  includeUsage: boolean,
  options: AnswerOptions,
): Promise<void> {
  const chunkOf = (delta: object, finishReason: string | null): string =>
    eventOf(
      completion,
      [{ index: 0, delta, logprobs: null, finish_reason: finishReason }],
      includeUsage ? { usage: null } : {},
    )
  response.writeHead(200, { 'content-type': 'text/event-stream; charset=utf-8', 'cache-control': 'no-cache' })
  response.write(chunkOf({ role: 'assistant', content: '' }, null))
  let sent = 0
  for await (const due of paceTokens(completion.pieces.length, options.pace, options)) {
    const events = completion.pieces.slice(sent, due).map((content) => chunkOf({ content }, null))
    sent = due
    if (!response.write(events.join(''))) await drained(response, options.signal)
  }
  if (options.signal.aborted) return
  response.write(chunkOf({}, completion.finishReason))
  if (includeUsage) response.write(eventOf(completion, [], { usage: completion.usage }))
  response.end('data: [DONE]\n\n')
}

function eventOf(completion: Completion, choices: object[], more: object): string {
  const { id, created, model } = completion
  return `data: ${JSON.stringify({ id, object: 'chat.completion.chunk', created, model, choices, ...more })}\n\n`
}

async function drained(response: ServerResponse, signal: AbortSignal): Promise<void> {
  try {
    await once(response, 'drain', { signal })
  } catch (error) {
    if (!signal.aborted) throw error
  }
}
