/** Random choices that a seed repeats. */
export type Random = {
  readonly seed: number
  /** In [0, 1). */
  next(): number
  /** A whole number from `from` to `to`, both included. */
  between(from: number, to: number): number
  pick<T>(items: readonly T[]): T
}

/** The seed of this run: `CHAOS_SEED` to repeat an earlier one, otherwise a new one. It is printed, to be repeated. */
export function chooseSeed(what: string): number {
  const given = Number.parseInt(process.env['CHAOS_SEED'] ?? '', 10)
  const seed = Number.isNaN(given) ? crypto.getRandomValues(new Uint32Array(1))[0]! : given
  console.log(`${what}: CHAOS_SEED=${seed} repeats this run`)
  return seed
}

/** Mulberry32: small, fast, and spread well enough to choose moments with. */
export function createRandom(seed: number): Random {
  let state = seed >>> 0
  const next = (): number => {
    state = (state + 0x6d2b79f5) >>> 0
    let mixed = Math.imul(state ^ (state >>> 15), state | 1)
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61)) ^ mixed
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32
  }
  return {
    seed,
    next,
    between: (from, to) => from + Math.floor(next() * (to - from + 1)),
    pick: (items) => items[Math.floor(next() * items.length)]!,
  }
}
