import { expect, it } from 'vitest'
import { rememberAnswers } from './rememberAnswers.ts'

it('U7 an answer is shared until it is forgotten, and one that was on its way then is not remembered', async () => {
  const asked: string[] = []
  let answer = true
  let onFind = (): void => {}
  const answers = rememberAnswers(60_000, async (question: string) => {
    asked.push(question)
    const found = answer
    onFind()
    return found
  })
  expect([await answers.ask('a', 'a'), await answers.ask('a', 'a')]).toEqual([true, true])
  expect(asked).toEqual(['a'])
  answer = false
  answers.forget('a')
  expect(await answers.ask('a', 'a')).toBe(false)

  answer = true
  onFind = () => answers.forget('b')
  expect(await answers.ask('b', 'b')).toBe(true)
  answer = false
  onFind = () => {}
  expect(await answers.ask('b', 'b')).toBe(false)
})
