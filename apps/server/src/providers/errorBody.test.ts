import { describe, expect, it } from 'vitest'
import { parseErrorBody, readErrorObject } from './errorBody.ts'

const empty = { message: '', kind: '', param: '', status: null }

describe('parseErrorBody', () => {
  it.each<[string, object]>([
    ['', {}],
    ['Too busy', { message: 'Too busy' }],
    ['{"error":', { message: '{"error":' }],
    ['"words"', { message: 'words' }],
    ['null', {}],
    ['7', {}],
    ['[]', {}],
    ['{"error":"words"}', { message: 'words' }],
    ['{"error":{"message":"m","type":"T","code":"C","param":"p"}}', { message: 'm', kind: 'c t', param: 'p' }],
    ['{"message":"m","code":429}', { message: 'm', status: 429 }],
    ['{"error":{"code":"503","message":null}}', { kind: '503', status: 503 }],
    ['{"code":20041}', {}],
    ['{"detail":"d"}', { message: 'd' }],
    ['{"detail":[{"loc":["body","stream_options"],"msg":"extra"}]}', { message: 'extra', param: 'stream_options' }],
    ['{"detail":[null]}', {}],
    ['{"error":null,"message":{"deep":1}}', {}],
  ])('reads %s', (text, expected) => expect(parseErrorBody(text)).toEqual({ ...empty, ...expected }))
})

describe('readErrorObject', () => {
  it('takes nothing for nothing', () => {
    expect(readErrorObject(undefined)).toEqual(empty)
    expect(readErrorObject({ error: { error: { message: 'deep' } } })).toEqual({ ...empty, message: 'deep' })
  })
})
