const maxRemembered = 10_000

export type RememberedAnswers<Question, Answer> = {
  ask(name: string, question: Question): Promise<Answer>
  forget(name: string): void
}

/** Shares an answer, under a name, among those who ask within `forMs` after it. */
export function rememberAnswers<Question, Answer>(
  forMs: number,
  find: (question: Question) => Promise<Answer>,
): RememberedAnswers<Question, Answer> {
  const remembered = new Map<string, { answer: Answer; until: number }>()
  let forgotten = 0
  return {
    async ask(name, question) {
      const known = remembered.get(name)
      if (known !== undefined && known.until > performance.now()) return known.answer
      const forgottenBefore = forgotten
      const answer = await find(question)
      // Something was forgotten meanwhile: this answer may be from before.
      if (forgotten !== forgottenBefore) return answer
      if (remembered.size >= maxRemembered) remembered.clear()
      remembered.set(name, { answer, until: performance.now() + forMs })
      return answer
    },
    forget(name) {
      forgotten++
      remembered.delete(name)
    },
  }
}
