/** So many at once; the others wait for their turn, first come, first served. */
export type Turns = {
  /** Gives the turn back when called. Rejects with the signal's reason, and has taken nothing then. */
  take(signal: AbortSignal): Promise<() => void>
}

export function createTurns(atOnce: number): Turns {
  let free = atOnce
  const waiting: (() => void)[] = []
  const giveBack = (): void => {
    const next = waiting.shift()
    if (next === undefined) free += 1
    else next()
  }
  return {
    async take(signal) {
      signal.throwIfAborted()
      if (free > 0) free -= 1
      else await wait(waiting, signal)
      return giveBack
    },
  }
}

function wait(waiting: (() => void)[], signal: AbortSignal): Promise<void> {
  return new Promise((resolve, reject) => {
    const leave = (): void => {
      waiting.splice(waiting.indexOf(begin), 1)
      reject(signal.reason as Error)
    }
    const begin = (): void => {
      signal.removeEventListener('abort', leave)
      resolve()
    }
    signal.addEventListener('abort', leave, { once: true })
    waiting.push(begin)
  })
}
