import { expect, test } from 'vitest'
import { estimateTokens } from './estimateTokens.ts'

test.each([
  ['', 0],
  ['word', 1],
  ['words', 2],
  ['一只猫。', 4],
  ['一只cat猫', 4],
  ['ひらがな', 4],
  ['한국어', 3],
  ['🐉', 2],
  ['ÄÖÜß', 1],
])('%j is about %i tokens', (text, tokens) => {
  expect(estimateTokens(text)).toBe(tokens)
})
