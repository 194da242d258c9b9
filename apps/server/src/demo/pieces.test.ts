import { expect, test } from 'vitest'
import { splitPieces } from './pieces.ts'

test('a Chinese character is a piece, words are short pieces with the space before them', () => {
  expect(splitPieces('一只cat猫。')).toEqual(['一', '只', 'cat', '猫', '。'])
  expect(splitPieces('The lighthouse keeper’s')).toEqual(['The', ' lighth', 'ouse', ' keeper', '’s'])
  expect(splitPieces('{"shots":[\n')).toEqual(['{"', 'shots', '":[', '\n'])
})

test.each(['', '   ', '\n\n# 标题\n\n正文，“引文”。\n', '👩‍👩‍👧‍👦🐉', 'mixed 中文 and ひらがな 한국어\t\r\n end  '])(
  '%j joined again is the same text, and no piece is half a character',
  (text) => {
    const pieces = splitPieces(text)
    expect(pieces.join('')).toBe(text)
    expect(pieces.every((piece) => piece.isWellFormed() && piece !== '')).toBe(true)
  },
)
