import type { IncomingMessage } from 'node:http'
import { WireError } from '../outgoing/wireError.ts'

/** What was seen on the wire: what the SDK's own errors do not tell. Filled in while the call goes on. */
export type Wire = {
  status: number | null
  headers: Headers
  /** The body of an answer with an error status, at most 64 KiB of it. */
  errorBody: string
  /** The body came to its regular end, but in the middle of a line. */
  endedInLine: boolean
  /** The transport's own error: before the answer or in the middle of it. */
  failure: unknown
}

// A few, so that a burst is not read in single steps; small, so that a stalled reader holds little (64 KiB each).
const waitingParts = 8
const lf = 10
const cr = 13

/**
 * The body of an answer as a web stream, piece by piece as it arrives, at most `maxBytes` and one piece of it. What came before a
 * failure is delivered before the failure is (a web stream that errors would drop it). A reader that does not read
 * pauses the socket; cancelling destroys it. Notes in `wire` how the body ended.
 */
export function streamBody(message: IncomingMessage, wire: Wire, maxBytes: number): ReadableStream<Uint8Array> {
  const waiting: Buffer[] = []
  let bytes = 0
  let lastByte: number | undefined
  let wanted: ReadableStreamDefaultController<Uint8Array> | null = null
  let ending: { failure: unknown } | null = null

  const deliver = (): void => {
    if (wanted === null) return
    const controller = wanted
    const part = waiting.shift()
    if (part !== undefined) {
      // Before: enqueuing may ask for the next part at once.
      wanted = null
      controller.enqueue(part)
      if (waiting.length < waitingParts) message.resume()
    } else if (ending !== null) {
      wanted = null
      wire.failure ??= ending.failure
      wire.endedInLine = ending.failure === null && lastByte !== undefined && lastByte !== lf && lastByte !== cr
      if (ending.failure === null) controller.close()
      else controller.error(ending.failure)
    }
  }
  // Node may report several endings for one socket: the first counts.
  const end = (failure: unknown): void => {
    ending ??= { failure }
    if (failure !== null) message.destroy()
    deliver()
  }
  const receive = (part: Buffer): void => {
    if (ending !== null) return
    waiting.push(part)
    bytes += part.length
    lastByte = part.at(-1)
    if (waiting.length >= waitingParts) message.pause()
    deliver()
    if (bytes > maxBytes) end(new WireError('tooManyBytes'))
  }

  message.on('data', receive)
  message.once('end', () => end(null))
  message.once('error', end)
  message.once('close', () => end(new WireError('cut')))
  // Destroyed before it was listened to: none of the above would ever be called.
  if (message.destroyed) end(new WireError('cut'))
  return new ReadableStream<Uint8Array>(
    {
      pull(controller) {
        wanted = controller
        deliver()
      },
      cancel: () => void message.destroy(),
    },
    { highWaterMark: 0 },
  )
}
