import type { IncomingMessage } from 'node:http'
import type { Socket } from 'node:net'
import type { FollowedEvent } from '@stagewright/client'

export type RawOptions = {
  url: string
  apiKey: string
  taskId: string
  cursor: string | null
  /** The socket is destroyed when so many bytes have come, its head included; what came beyond them is lost. */
  cutAfterBytes: number
  onCut(): void
}

/** An event, and how many bytes the connection had carried with it, its HTTP head left out. */
export type Arrival = { followed: FollowedEvent; bytes: number }

/** The body of an answer, or what follows an upgrade, until the cut or the end. Destroys the socket when it is left. */
export async function* readPieces(
  source: IncomingMessage | Socket,
  socket: Socket,
  { cutAfterBytes, onCut }: Pick<RawOptions, 'cutAfterBytes' | 'onCut'>,
): AsyncGenerator<Buffer, 'ended' | 'cut'> {
  try {
    for await (const piece of source as AsyncIterable<Buffer>) {
      const beyond = Math.max(0, socket.bytesRead - cutAfterBytes)
      const kept = piece.subarray(0, Math.max(0, piece.length - beyond))
      if (kept.length > 0) yield kept
      if (beyond === 0) continue
      onCut()
      return 'cut'
    }
    return 'ended'
  } catch {
    return 'cut' // by the other side: the viewer comes back all the same
  } finally {
    socket.destroy()
  }
}
