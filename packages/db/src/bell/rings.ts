/** What bells other processes are to be told of, and how it is written in a notification. */
import { bellKinds, type BellKey, type BellKind } from '@stagewright/core'

/** A payload of 8,000 bytes is refused; a key has less than 50. */
const mostKeys = 100

/** Bells by name, and kinds of which every bell rings. */
export type Rings = { keys: BellKey[]; kinds: BellKind[] }

/** Rings that wait to be sent. However many they are, it holds at most `mostKeys`: more become "all of the kind". */
export class WaitingRings {
  #keys = new Set<BellKey>()
  #kinds = new Set<BellKind>()

  get isEmpty(): boolean {
    return this.#keys.size === 0 && this.#kinds.size === 0
  }

  add(key: BellKey): void {
    if (this.#kinds.has(kindOf(key))) return
    this.#keys.add(key)
    if (this.#keys.size > mostKeys) this.#widen()
  }

  /** Takes all that waits. */
  take(): Rings {
    const rings = { keys: [...this.#keys], kinds: [...this.#kinds] }
    this.#keys = new Set()
    this.#kinds = new Set()
    return rings
  }

  /** What could not be sent waits again. */
  putBack({ keys, kinds }: Rings): void {
    for (const kind of kinds) this.#kinds.add(kind)
    for (const key of keys) this.add(key)
  }

  #widen(): void {
    for (const key of this.#keys) this.#kinds.add(kindOf(key))
    this.#keys.clear()
  }
}

/** `sender key key kind:* …` */
export function writeRings(sender: string, { keys, kinds }: Rings): string {
  return [sender, ...keys, ...kinds.map((kind) => `${kind}:*`)].join(' ')
}

/** Words that are no bell's are passed by: another version may know bells that this one does not. */
export function readRings(payload: string): { sender: string } & Rings {
  const [sender = '', ...words] = payload.split(' ')
  const known = words.filter(isKey)
  return {
    sender,
    keys: known.filter((key) => !key.endsWith(':*')),
    kinds: known.filter((key) => key.endsWith(':*')).map(kindOf),
  }
}

function isKey(word: string): word is BellKey {
  return bellKinds.some((kind) => word.startsWith(`${kind}:`))
}

function kindOf(key: BellKey): BellKind {
  return key.slice(0, key.indexOf(':')) as BellKind
}
