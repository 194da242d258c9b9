export interface Mutex {
  /** Runs `action` after all that came before it; its failure is its caller's only. */
  run<T>(action: () => Promise<T>): Promise<T>
}

export function createMutex(): Mutex {
  let last: Promise<unknown> = Promise.resolve()
  return {
    run(action) {
      const turn = last.then(action)
      last = turn.catch(() => undefined)
      return turn
    },
  }
}
