import type { Usage } from '@stagewright/core'

export type FinishReason = 'stop' | 'length' | 'contentFilter'

/** What one chunk (or one whole, unstreamed answer) says, with everything unusable left out. */
export type ChunkContent = {
  text: string
  reasoning: string
  /** `broken`: the provider itself says that the text was not brought to its end. */
  finish: FinishReason | 'broken' | null
  usage: Usage | null
  /** The provider's error object where the chunk is one, otherwise null. */
  error: unknown
}

type Fields = Record<string, unknown>

const endings: Record<string, ChunkContent['finish']> = {
  length: 'length',
  max_tokens: 'length',
  content_filter: 'contentFilter',
  error: 'broken',
  insufficient_system_resource: 'broken',
}

// No call of ours can use this many; whatever is above it is a mistake of the provider's.
const mostTokens = 100_000_000

/** Reads a parsed chunk of any shape; never throws. Only the choice with index 0 counts. */
export function readChunk(chunk: unknown): ChunkContent {
  const fields = asFields(chunk)
  const choice = firstChoice(fields.choices)
  const said = asFields(choice.delta ?? choice.message)
  return {
    text: asString(said.content),
    reasoning: asString(said.reasoning_content) || asString(said.reasoning),
    finish: readFinish(choice.finish_reason),
    usage: readUsage(fields.usage),
    // vLLM and its kin send the error as the chunk itself.
    error: fields.error ?? (fields.object === 'error' ? fields : null),
  }
}

/** The figures when both are credible, otherwise null: half a usage is estimated anew by the engine. */
export function readUsage(usage: unknown): Usage | null {
  const { prompt_tokens: promptTokens, completion_tokens: completionTokens } = asFields(usage)
  if (!isTokenCount(promptTokens) || !isTokenCount(completionTokens)) return null
  // Some fill in zeros until the last chunk, some for ever. No prompt of ours is empty.
  if (promptTokens === 0) return null
  return { promptTokens, completionTokens, estimated: false }
}

function readFinish(reason: unknown): ChunkContent['finish'] {
  // Some send an empty string instead of null with every chunk.
  if (typeof reason !== 'string' || reason === '') return null
  return Object.hasOwn(endings, reason) ? (endings[reason] ?? null) : 'stop'
}

function firstChoice(choices: unknown): Fields {
  if (!Array.isArray(choices)) return {}
  const list = choices.map(asFields)
  return list.find(({ index }) => index === 0) ?? list.find(({ index }) => index === undefined) ?? {}
}

function isTokenCount(value: unknown): value is number {
  return typeof value === 'number' && Number.isSafeInteger(value) && value >= 0 && value <= mostTokens
}

function asFields(value: unknown): Fields {
  return typeof value === 'object' && value !== null ? (value as Fields) : {}
}

function asString(value: unknown): string {
  return typeof value === 'string' ? value : ''
}
