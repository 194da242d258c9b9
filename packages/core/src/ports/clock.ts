/** Time inside the process: monotonic milliseconds, for watchdogs, rates and pacing. Stored times are the database's. */
export interface Clock {
  now(): number
  /** Runs `action` after `delayMs`; the returned function takes it back. */
  after(delayMs: number, action: () => void): () => void
}

/** Gives the hash of all that it was given, in hex, once. */
export type ByteHash = { update(bytes: Uint8Array): void; digest(): string }

/** Hashes and identifiers, which core may not take from the platform itself. */
export interface Crypto {
  /** SHA-256 of the text in UTF-8, in hex. */
  sha256(text: string): string
  /** SHA-256 of bytes that come one after the other. */
  hashBytes(): ByteHash
  /** A UUID of version 7: its order is the order of making. */
  newId(): string
}
