/** Time inside the process: monotonic milliseconds, for watchdogs, rates and pacing. Stored times are the database's. */
export interface Clock {
  now(): number
  /** Runs `action` after `delayMs`; the returned function takes it back. */
  after(delayMs: number, action: () => void): () => void
}

/** Hashes and identifiers, which core may not take from the platform itself. */
export interface Crypto {
  /** SHA-256 of the text in UTF-8, in hex. */
  sha256(text: string): string
  /** A UUID of version 7: its order is the order of making. */
  newId(): string
}
