import type { CallRequest } from '@stagewright/core'
import type { Quirk } from './quirks.ts'

/** The body of a chat call without what the model refuses, and which optional parameters it holds. */
export function buildCallBody(
  request: CallRequest,
  options: { model: string; maxTokens: number | null; refused: ReadonlySet<Quirk> },
): { body: Record<string, unknown>; sent: ReadonlySet<Quirk> } {
  const { refused, maxTokens } = options
  const sent = new Set<Quirk>()
  if (!refused.has('stream')) sent.add('stream')
  if (sent.has('stream') && !refused.has('stream_options')) sent.add('stream_options')
  if (maxTokens !== null && !refused.has('max_tokens')) sent.add('max_tokens')
  if (request.format === 'json' && !refused.has('response_format')) sent.add('response_format')
  const body = {
    model: options.model,
    messages: request.messages,
    ...(sent.has('stream') && { stream: true }),
    ...(sent.has('stream_options') && { stream_options: { include_usage: true } }),
    ...(sent.has('max_tokens') && { max_tokens: maxTokens }),
    ...(sent.has('response_format') && { response_format: { type: 'json_object' } }),
  }
  return { body, sent }
}
