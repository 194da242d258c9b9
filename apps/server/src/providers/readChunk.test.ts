import { describe, expect, it } from 'vitest'
import { readChunk, readUsage } from './readChunk.ts'

const nothing = { text: '', reasoning: '', finish: null, usage: null, error: null }

describe('readChunk', () => {
  it.each([
    null,
    undefined,
    7,
    'text',
    [],
    {},
    { choices: null },
    { choices: [] },
    { choices: [null] },
    { choices: 'x' },
    { choices: [{}] },
    { choices: [{ index: 0, delta: null }] },
    { choices: [{ index: 0, delta: { content: null } }] },
    { choices: [{ index: 0, delta: { content: 5, reasoning: [] } }] },
    { choices: [{ index: 0, finish_reason: '' }] },
    { choices: [{ index: 1, delta: { content: 'other' }, finish_reason: 'stop' }] },
    { error: null },
  ])('finds nothing in %j', (chunk) => expect(readChunk(chunk)).toEqual(nothing))

  it('takes text and reasoning of choice 0, wherever it stands, or of one without an index', () => {
    const other = { index: 1, delta: { content: 'other' }, finish_reason: 'stop' }
    const first = { index: 0, delta: { content: 'a', reasoning_content: 'b' } }
    expect(readChunk({ choices: [other, first] })).toEqual({ ...nothing, text: 'a', reasoning: 'b' })
    expect(readChunk({ choices: [{ delta: { content: 'a', reasoning: 'b' } }] })).toEqual({
      ...nothing,
      text: 'a',
      reasoning: 'b',
    })
    expect(readChunk({ choices: [{ index: 0, message: { content: 'whole' } }] })).toEqual({ ...nothing, text: 'whole' })
  })

  it.each([
    ['stop', 'stop'],
    ['length', 'length'],
    ['max_tokens', 'length'],
    ['content_filter', 'contentFilter'],
    ['eos', 'stop'],
    ['error', 'broken'],
    ['insufficient_system_resource', 'broken'],
    ['constructor', 'stop'],
  ])('reads the finish reason %s as %s', (reason, finish) => {
    expect(readChunk({ choices: [{ index: 0, delta: {}, finish_reason: reason }] }).finish).toBe(finish)
  })

  it('finds error objects', () => {
    expect(readChunk({ error: { message: 'm' } }).error).toEqual({ message: 'm' })
    expect(readChunk({ object: 'error', message: 'm' }).error).toMatchObject({ message: 'm' })
  })
})

describe('readUsage', () => {
  it('takes whole credible figures', () => {
    expect(readUsage({ prompt_tokens: 12, completion_tokens: 0 })).toEqual({
      promptTokens: 12,
      completionTokens: 0,
      estimated: false,
    })
  })

  it.each([
    null,
    {},
    { prompt_tokens: 1 },
    { prompt_tokens: -1, completion_tokens: 1 },
    { prompt_tokens: 1, completion_tokens: -1 },
    { prompt_tokens: 1, completion_tokens: 1e18 },
    { prompt_tokens: NaN, completion_tokens: 1 },
    { prompt_tokens: 1.5, completion_tokens: 1 },
    { prompt_tokens: '1', completion_tokens: '2' },
    { prompt_tokens: Infinity, completion_tokens: 1 },
    { prompt_tokens: 0, completion_tokens: 0 },
  ])('takes %j for no usage', (usage) => expect(readUsage(usage)).toBeNull())
})
