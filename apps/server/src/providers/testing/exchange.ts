import type { Socket } from 'node:net'
import { setImmediate as nextTurn } from 'node:timers/promises'

/** A request as it came in. Header names are lower case; `json` is null where the body is none. */
export type ReceivedRequest = {
  /** Counts all requests of this provider, from 1. */
  number: number
  method: string
  path: string
  headers: Readonly<Record<string, string>>
  body: string
  json: Record<string, unknown> | null
  /** Milliseconds since 1970 with a fraction, comparable between processes of a machine. */
  receivedAtMs: number
}

/** The length of `sentText` and the moment (as `receivedAtMs`) after a piece was handed to the socket. */
export type SentMark = { length: number; atMs: number }

export type Framing = {
  eol: '\n' | '\r' | '\r\n'
  /** Writes go out in pieces of so many bytes, each an HTTP chunk of its own. */
  sliceBytes: number
}

/**
 * One request and what a script answers it with. Every write resolves when the socket took it; after the other side
 * has closed, writes do nothing and are not logged.
 */
export type Exchange = {
  readonly request: ReceivedRequest
  /** Exactly the text (reasoning) that was written to this request's socket: the reference for what was sent. */
  readonly sentText: string
  readonly sentReasoning: string
  readonly marks: readonly SentMark[]
  /** The status and headers; by default 200, an event stream, chunked. */
  head(options?: { status?: number; headers?: Record<string, string>; chunked?: boolean }): Promise<void>
  frame(framing: Partial<Framing>): void
  /** Bytes as they are, past all framing. */
  raw(bytes: string | Uint8Array): Promise<void>
  /** Bytes of the body. */
  write(bytes: string | Uint8Array): Promise<void>
  /** An event with JSON or a string as its data. */
  event(data: unknown): Promise<void>
  comment(words: string): Promise<void>
  /** With a reason the same chunk carries the finish reason. */
  text(text: string, finishReason?: string): Promise<void>
  reasoning(text: string): Promise<void>
  finish(reason?: string): Promise<void>
  usage(promptTokens: number, completionTokens: number): Promise<void>
  /** `[DONE]`. */
  done(): Promise<void>
  /** Ends the body; the connection stays open for the client to keep or close. */
  end(): Promise<void>
  /** A whole answer at once, with its length. */
  answer(status: number, body: unknown, headers?: Record<string, string>): Promise<void>
  halfClose(): void
  reset(): void
  /** True once the socket is closed, by whichever side. */
  readonly isClosed: boolean
  /** Resolves with the moment (as `receivedAtMs`) at which the socket was seen closed. */
  readonly closed: Promise<number>
}

/** The moment now, in milliseconds since 1970 with a fraction, on the monotonic clock. */
export function readClockMs(): number {
  return performance.timeOrigin + performance.now()
}

/** The exchange for a request that came in on `socket`; `closed` resolves when that socket closes. */
export function createExchange(socket: Socket, request: ReceivedRequest, closed: Promise<number>): Exchange {
  const framing: Framing = { eol: '\n', sliceBytes: Number.POSITIVE_INFINITY }
  const marks: SentMark[] = []
  let sentText = ''
  let sentReasoning = ''
  let chunked = true

  const raw = async (bytes: string | Uint8Array): Promise<void> => {
    if (!socket.writable) return
    await new Promise<void>((resolve) => void socket.write(bytes, () => resolve()))
  }
  const write = async (content: string | Uint8Array): Promise<void> => {
    const bytes = Buffer.from(content as string)
    for (let at = 0; at < bytes.length; at += framing.sliceBytes) {
      const slice = bytes.subarray(at, at + framing.sliceBytes)
      await raw(
        chunked ? Buffer.concat([Buffer.from(`${slice.length.toString(16)}\r\n`), slice, Buffer.from('\r\n')]) : slice,
      )
      // Another turn, so that the slices do not reach the reader in one piece.
      if (Number.isFinite(framing.sliceBytes)) await nextTurn()
    }
  }
  const event = (data: unknown): Promise<void> => {
    return write(`data: ${typeof data === 'string' ? data : JSON.stringify(data)}${framing.eol}${framing.eol}`)
  }
  const choice = (delta: object, finishReason: string | null = null): object => ({
    id: `call-${request.number}`,
    object: 'chat.completion.chunk',
    choices: [{ index: 0, delta, finish_reason: finishReason }],
  })
  const head: Exchange['head'] = (options = {}) => {
    chunked = options.chunked ?? true
    const headers = {
      'content-type': 'text/event-stream',
      ...(chunked ? { 'transfer-encoding': 'chunked' } : {}),
      ...options.headers,
    }
    const lines = Object.entries(headers).map(([name, value]) => `${name}: ${value}\r\n`)
    return raw(`HTTP/1.1 ${options.status ?? 200} Status\r\n${lines.join('')}\r\n`)
  }

  return {
    request,
    get sentText() {
      return sentText
    },
    get sentReasoning() {
      return sentReasoning
    },
    marks,
    head,
    frame: (changes) => void Object.assign(framing, changes),
    raw,
    write,
    event,
    comment: (words) => write(`: ${words}${framing.eol}${framing.eol}`),
    text(text, finishReason) {
      if (!socket.writable) return Promise.resolve()
      // Logged before it leaves: a reader must never have more than the log.
      sentText += text
      marks.push({ length: sentText.length, atMs: readClockMs() })
      return event(choice({ content: text }, finishReason))
    },
    reasoning(text) {
      if (!socket.writable) return Promise.resolve()
      sentReasoning += text
      return event(choice({ reasoning_content: text }))
    },
    finish: (reason = 'stop') => event(choice({}, reason)),
    usage: (prompt, completion) => {
      return event({
        choices: [],
        usage: { prompt_tokens: prompt, completion_tokens: completion, total_tokens: prompt + completion },
      })
    },
    done: () => event('[DONE]'),
    end: () => (chunked ? raw('0\r\n\r\n') : Promise.resolve(void socket.end())),
    async answer(status, body, headers = {}) {
      const text = typeof body === 'string' ? body : JSON.stringify(body)
      const length = String(Buffer.byteLength(text))
      await head({
        status,
        chunked: false,
        headers: { 'content-type': 'application/json', 'content-length': length, ...headers },
      })
      await raw(text)
    },
    halfClose: () => void socket.end(),
    reset: () => void socket.resetAndDestroy(),
    get isClosed() {
      return socket.destroyed
    },
    closed,
  }
}
