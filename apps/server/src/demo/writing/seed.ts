/** A number from a text, always the same for the same text (FNV-1a, 32 bit). */
export function seedOf(text: string): number {
  let hash = 0x811c9dc5
  for (let at = 0; at < text.length; at++) {
    hash ^= text.charCodeAt(at)
    hash = Math.imul(hash, 0x01000193)
  }
  return hash >>> 0
}

/** One of a list, chosen by a seed and by what it is for: lists of equal length get different choices. */
export function choose<T>(list: readonly T[], seed: number, purpose: string): T {
  const chosen = list[seedOf(`${seed} ${purpose}`) % list.length]
  if (chosen === undefined) throw new RangeError(`nothing to choose from for ${purpose}`)
  return chosen
}
