import type { StageContext } from '@stagewright/core'
import type { DemoWriter } from '../demoWriter.ts'
import { readChunks } from './readCompletion.ts'

/** A stage's way to call a model, which leads to the demo over its own HTTP. */
export function callDemo(getWriter: () => DemoWriter): StageContext['call'] {
  return async function* call({ messages, format }) {
    const writer = getWriter()
    const response = await fetch(`${writer.baseUrl}/chat/completions`, {
      method: 'POST',
      headers: { authorization: `Bearer ${writer.apiKey}` },
      body: JSON.stringify({
        model: writer.model,
        messages,
        stream: true,
        response_format: { type: format === 'json' ? 'json_object' : 'text' },
      }),
    })
    for await (const chunk of readChunks(response)) yield chunk.choices[0]?.delta.content ?? ''
  }
}
