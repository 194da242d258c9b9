import type { IncomingMessage } from 'node:http'
import { z } from 'zod'
import { ApiError } from './apiError.ts'

const partSchema = z.object({ type: z.literal('text'), text: z.string() }).transform((part) => part.text)

const messageSchema = z.object({
  role: z.enum(['system', 'developer', 'user', 'assistant']),
  content: z.union([z.string(), z.array(partSchema).transform((parts) => parts.join(''))]),
})

const limitSchema = z.number().int().positive().nullish()

const requestSchema = z.object({
  model: z.string(),
  messages: z.array(messageSchema).min(1),
  stream: z.boolean().nullish(),
  stream_options: z.object({ include_usage: z.boolean().nullish() }).nullish(),
  max_tokens: limitSchema,
  max_completion_tokens: limitSchema,
  n: z.literal(1).nullish(),
  response_format: z.object({ type: z.enum(['text', 'json_object', 'json_schema']) }).nullish(),
})

export type ChatMessage = z.infer<typeof messageSchema>

export type CompletionRequest = {
  model: string
  messages: ChatMessage[]
  stream: boolean
  includeUsage: boolean
  maxTokens: number
  wantsJson: boolean
}

/** A story of 50,000 characters with its present version and instructions is well under a megabyte. */
const bodyLimitBytes = 8 * 1024 * 1024

/** Reads the body of a request for a completion. Throws ApiError 400 or 413. */
export async function readCompletionRequest(request: IncomingMessage): Promise<CompletionRequest> {
  const parsed = requestSchema.safeParse(parseBody(await readBody(request)))
  if (!parsed.success) {
    const issue = parsed.error.issues[0]
    const param = issue?.path.join('.') ?? ''
    throw new ApiError(400, `${param || 'body'}: ${issue?.message ?? 'not as it should be'}`, { param })
  }
  const { model, messages, stream, stream_options, max_tokens, max_completion_tokens, response_format } = parsed.data
  return {
    model,
    messages,
    stream: stream ?? false,
    includeUsage: stream_options?.include_usage ?? false,
    maxTokens: max_completion_tokens ?? max_tokens ?? Infinity,
    wantsJson: (response_format?.type ?? 'text') !== 'text',
  }
}

async function readBody(request: IncomingMessage): Promise<string> {
  const chunks: Buffer[] = []
  let size = 0
  for await (const chunk of request as AsyncIterable<Buffer>) {
    size += chunk.length
    // Too long a body is read to its end and dropped: a client still sending would not hear the refusal.
    if (size <= bodyLimitBytes) chunks.push(chunk)
  }
  if (size > bodyLimitBytes) throw new ApiError(413, `The body is longer than ${bodyLimitBytes} bytes.`)
  return Buffer.concat(chunks).toString('utf8')
}

function parseBody(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    throw new ApiError(400, 'The body is not valid JSON.')
  }
}
