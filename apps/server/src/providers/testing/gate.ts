/** A point at which a script waits until the test lets it on: what tests use instead of sleeping. */
export type Gate = { readonly opened: Promise<void>; open(): void }

/** A closed gate. */
export function createGate(): Gate {
  const { promise, resolve } = Promise.withResolvers<void>()
  return { opened: promise, open: resolve }
}
