/** One `data:` line of a streamed completion, as far as tests look at it. */
export type CompletionChunk = {
  id: string
  object: string
  model: string
  choices: { index: number; delta: { role?: string; content?: string }; finish_reason: string | null }[]
  usage?: { prompt_tokens: number; completion_tokens: number; total_tokens: number } | null
}

/** The chunks of a streamed answer as they come; ends at [DONE], throws when the stream ends without it. */
export async function* readChunks(response: Response): AsyncGenerator<CompletionChunk, void> {
  if (response.body === null) throw new Error('the answer has no body')
  let rest = ''
  for await (const piece of response.body.pipeThrough(new TextDecoderStream())) {
    const events = (rest + piece).split('\n\n')
    rest = events.pop() ?? ''
    for (const event of events) {
      if (!event.startsWith('data: ')) throw new Error(`not an event: ${event}`)
      if (event === 'data: [DONE]') return
      yield JSON.parse(event.slice('data: '.length)) as CompletionChunk
    }
  }
  throw new Error('the stream ended before [DONE]')
}
