// One connection of each transport, read from the socket with no code of the product: what came, and after how many bytes.
import { readPoll, readSse } from './rawHttp.ts'
import type { Arrival, RawOptions } from './rawPieces.ts'
import { readWebSocket } from './rawWebSocket.ts'

export type RawTransport = 'sse' | 'webSocket' | 'polling'
export const rawTransports: readonly RawTransport[] = ['sse', 'webSocket', 'polling']

/** Reads until the cut or the server's end. Throws what the server answers instead of a stream. */
export function readRaw(transport: RawTransport, options: RawOptions): AsyncGenerator<Arrival, void> {
  switch (transport) {
    case 'sse':
      return readSse(options)
    case 'webSocket':
      return readWebSocket(options)
    case 'polling':
      return readPoll(options)
  }
}
