import { describe, expect, it } from 'vitest'
import { createQuirkStore, findRefusedParameters, type Quirk } from './quirks.ts'

const all = new Set<Quirk>(['stream', 'stream_options', 'max_tokens', 'response_format'])
const find = (message: string, param = '', sent = all) => [...findRefusedParameters({ message, param }, sent)]

describe('findRefusedParameters', () => {
  it.each([
    ['Unrecognized request argument supplied: stream_options', '', ['stream_options']],
    ['bad value', 'response_format', ['response_format']],
    ["'stream_options' is only allowed when 'stream' is set", '', ['stream_options']],
    ["Unsupported parameter: 'max_tokens'. Use 'max_completion_tokens' instead.", '', ['max_tokens']],
    ['stream_options and response_format are unknown', '', ['stream_options', 'response_format']],
    ['This model does not support streaming', '', ['stream']],
    ['stream must be false', '', ['stream']],
    ['bad value', 'stream', ['stream']],
    ['该模型不支持流式输出', '', ['stream']],
    ['Upstream not available', '', []],
    ['Your stream of thoughts was too long', '', []],
    ['max_completion_tokens is unknown', '', []],
    ['The prompt is invalid', '', []],
  ])('%s (param %j): %j', (message, param, expected) => expect(find(message, param)).toEqual(expected))

  it('blames only what was sent', () => {
    expect(find("'max_tokens' is too large", 'max_tokens', new Set(['stream']))).toEqual([])
    expect(find('streaming is not supported', 'stream', new Set())).toEqual([])
  })
})

describe('quirk store', () => {
  it('remembers by provider and model, adds up, and forgets a provider', () => {
    const store = createQuirkStore()
    store.remember('p', 'm', ['stream'])
    store.remember('p', 'm', ['max_tokens'])
    expect([...store.get('p', 'm')]).toEqual(['stream', 'max_tokens'])
    expect(store.get('p', 'other').size + store.get('q', 'm').size).toBe(0)
    store.forget('p')
    expect(store.get('p', 'm').size).toBe(0)
  })
})
