/** What a check says. `note` is worth knowing and nothing to do about. */
export type Finding = {
  level: 'well' | 'note' | 'wrong'
  /** What was looked at, in a word. */
  about: string
  says: string
  /** Where it can be mended safely: what would be done, and doing it. Resolves to whether it was still needed. */
  mend?: { says: string; run(): Promise<boolean> }
}

export const well = (about: string, says: string): Finding => ({ level: 'well', about, says })
export const note = (about: string, says: string): Finding => ({ level: 'note', about, says })
export const wrong = (about: string, says: string, mend?: Finding['mend']): Finding =>
  mend === undefined ? { level: 'wrong', about, says } : { level: 'wrong', about, says, mend }

/** The first sentence of an error, which is all a person wants of it. */
export function wordsOf(error: unknown): string {
  return error instanceof Error ? error.message.split('\n')[0]! : String(error)
}
