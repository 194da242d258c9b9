/**
 * Cuts who does not read: viewers, and who asks for a large text and takes none of it. Guarantee: a connection for which something waits, and which has taken none of it for
 * `stallMs`, is cut at the next look (an eighth of `stallMs` later at most); one that takes anything, however slowly, is
 * not. One timer for all connections, and none while there are none.
 *
 * It is cut by a reset, because at an orderly end the system would keep what waits, for minutes.
 *
 * watched -> closed, by us or by anybody.
 */
import type { Socket } from 'node:net'
import { readKernelQueues } from './unsentBytes.ts'

export type ReaderWatch = {
  /** Watches it until it is closed. */
  add(socket: Socket): void
  stop(): void
}

type Watched = { socket: Socket; takenBytes: number; sinceMs: number }

/** Gone within 30 s, with the time in which its windows fill. Who comes back goes on from its cursor. */
export const defaultStallMs = 15_000

export function createReaderWatch({ stallMs = defaultStallMs }: { stallMs?: number | undefined } = {}): ReaderWatch {
  const watched = new Set<Watched>()
  let timer: NodeJS.Timeout | null = null
  let isLooking = false

  const look = async (): Promise<void> => {
    if (isLooking) return
    isLooking = true
    const queued = await readKernelQueues()
    isLooking = false
    const nowMs = performance.now()
    for (const reader of watched) {
      const { socket } = reader
      const inKernel = queued(socket)
      const takenBytes = handedOverBytes(socket) - inKernel
      const hasTaken = socket.writableLength + inKernel === 0 || takenBytes > reader.takenBytes
      if (hasTaken) Object.assign(reader, { takenBytes, sinceMs: nowMs })
      else if (nowMs - reader.sinceMs >= stallMs) socket.resetAndDestroy()
    }
  }
  const stop = (): void => {
    if (timer !== null) clearInterval(timer)
    timer = null
  }
  return {
    add(socket) {
      const reader = { socket, takenBytes: 0, sinceMs: performance.now() }
      watched.add(reader)
      timer ??= setInterval(() => void look(), stallMs / 8).unref()
      socket.once('close', () => {
        watched.delete(reader)
        if (watched.size === 0) stop()
      })
    },
    stop() {
      watched.clear()
      stop()
    },
  }
}

/**
 * How much the system has taken of all that was written. Node counts a write only when all of it has been: of a large
 * one to a slow reader that says nothing for long, so its handle is asked, where it still answers as it does today.
 */
function handedOverBytes(socket: Socket): number {
  const { _handle: handle } = socket as unknown as {
    _handle?: { bytesWritten?: number; writeQueueSize?: number } | null
  }
  const { bytesWritten, writeQueueSize } = handle ?? {}
  if (bytesWritten === undefined || writeQueueSize === undefined) return socket.bytesWritten - socket.writableLength
  return bytesWritten - writeQueueSize
}
