import { describe, expect, it } from 'vitest'
import { quoteProvider } from './providerWords.ts'

const key = 'planted-Kq83hfHW02pQ'

describe('quoteProvider', () => {
  it('makes one short line', () => {
    expect(quoteProvider(' The prompt\n\tis\u0000bad ', key)).toBe('The prompt is bad')
    expect(quoteProvider('x'.repeat(1000), key)).toBe(`${'x'.repeat(300)}…`)
    expect(quoteProvider(' ', key)).toBeNull()
    expect(quoteProvider('<!DOCTYPE html><p>gateway', key)).toBeNull()
  })

  it.each([
    `Bad key ${key}.`,
    `Bad key ${key.slice(0, 8)}***`,
    `Bad key …${key.slice(-8)}`,
    'Authorization: Bearer abcdef',
    'Incorrect API key provided: sk-abcd***wxyz',
    `${'x'.repeat(295)} ${key}`,
  ])('says nothing rather than %j', (words) => expect(quoteProvider(words, key)).toBeNull())

  it('knows a short key only as a whole', () => {
    expect(quoteProvider('the key k1 is bad', 'k1')).toBeNull()
    expect(quoteProvider('all is bad', 'k1')).toBe('all is bad')
    expect(quoteProvider('all is bad', null)).toBe('all is bad')
  })
})
