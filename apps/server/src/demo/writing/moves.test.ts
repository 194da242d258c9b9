import { expect, test } from 'vitest'
import { makeMoves, readMoves } from './moves.ts'

test('the same framing many times over still gives no move twice running', () => {
  const shots = Array.from({ length: 9 }, (_, index) => ({
    number: index + 1,
    visual: '特写：一盏灯',
    narration: '',
    seconds: 5,
  }))
  const moves = makeMoves(shots, 'zh').map((row) => row.move)
  expect(moves.every((move, index) => move !== moves[index - 1])).toBe(true)
})

test('what is no list of moves is none', () => {
  for (const text of ['', '{', '{"moves":3}', '{"moves":[]}', '{"moves":[{"move":"push"}]}', '[1]', 'null']) {
    expect(readMoves(text)).toBeNull()
  }
  expect(readMoves('so: {"moves":[{"number":4,"move":"push","speed":"slow","prompt":"p"}, 3]} !')).toEqual([
    { number: 4, move: 'push', speed: 'slow', prompt: 'p' },
  ])
})
