import type { Duplex } from 'node:stream'
import type { WebSocket } from 'ws'

const roomyBytes = 64 * 1024
const overfullBytes = 1024 * 1024

/** More waits unsent than any reader that reads would leave. */
export function isOverfull(client: Pick<WebSocket, 'bufferedAmount'>): boolean {
  return client.bufferedAmount > overfullBytes
}

/**
 * Waits until less than 64 KiB wait unsent on the connection, it is gone, or `signal` is aborted. `socket` is the one
 * the connection was upgraded from: the connection itself does not say when it has drained.
 */
export function createWritability(client: WebSocket, socket: Duplex): (signal: AbortSignal) => Promise<void> {
  let waiting: (() => void)[] = []
  const wake = (): void => {
    const woken = waiting
    waiting = []
    for (const resolve of woken) resolve()
  }
  socket.on('drain', wake)
  socket.on('close', wake)
  // A socket says `drain` only after it was filled to its own mark: waiting below that could be for ever.
  const roomy = Math.max(roomyBytes, socket.writableHighWaterMark)
  return async (signal) => {
    while (client.readyState === client.OPEN && client.bufferedAmount >= roomy && !signal.aborted) {
      // An unsubscribed follower of a full connection waits on until it drains or closes: one of both comes.
      await new Promise<void>((resolve) => waiting.push(resolve))
    }
  }
}
