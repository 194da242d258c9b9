import type { OutsideAnswer, OutsideMessage, OutsidePort } from '../ports/outside.ts'

export type ScriptedOutside = OutsidePort & {
  /** Everything that was sent, in order. */
  sent: readonly OutsideMessage[]
  /** What the next messages are answered; without more of them, 200. */
  answer(...answers: OutsideAnswer[]): void
}

/** Other people's servers, played by the test. */
export function createScriptedOutside(): ScriptedOutside {
  const sent: OutsideMessage[] = []
  const answers: OutsideAnswer[] = []
  return {
    sent,
    answer: (...more) => void answers.push(...more),
    async send(message) {
      sent.push(message)
      return answers.shift() ?? { type: 'answered', status: 200, body: '', retryAfterMs: null }
    },
    makeSecret: (ownerId) => ({ secret: `secret of ${ownerId}`, sealed: `sealed for ${ownerId}` }),
    findProblem: (url) => (url.includes('internal') ? 'it is internal' : null),
  }
}
