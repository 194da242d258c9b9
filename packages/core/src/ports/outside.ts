/** A message to a processor or webhook: signed, sent once, and what came back. */
export type OutsideMessage = {
  /** The same for every try, so that the receiver can tell a repeat. */
  id: string
  url: string
  /** The processor's or webhook's row, whose secret signs it. */
  owner: { kind: 'processor' | 'webhook'; id: string; secretEncrypted: string }
  event: string
  createdAt: Date
  data: Readonly<Record<string, unknown>>
}

export type OutsideAnswer =
  /** `body` is its beginning, at most 1 KB. */
  | { type: 'answered'; status: number; body: string; retryAfterMs: number | null }
  | { type: 'unreachable'; problem: string }
  /** It was not sent and never will be: the address is not allowed, or the secret can't be opened. */
  | { type: 'refused'; problem: string }

/** The way to other people's servers. What goes wrong there is an answer, never an exception. */
export interface OutsidePort {
  send(message: OutsideMessage, signal: AbortSignal): Promise<OutsideAnswer>
  /** A new secret for a row: as its owner is shown it once, and as it is stored. */
  makeSecret(ownerId: string): { secret: string; sealed: string }
  /** What is wrong with an address, as far as can be told without asking for it; null when nothing is. */
  findProblem(url: string): string | null
}
