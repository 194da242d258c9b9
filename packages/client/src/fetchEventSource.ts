/**
 * An EventSource over fetch, for runtimes that have none and for requests that need headers. One connection and no
 * more: whatever ends it is an `error` in state CLOSED, because coming back is the follower's business. An answer that
 * is no stream becomes the `serialized-error` that a stream would carry, so that its reason is not lost.
 *
 * CONNECTING -> OPEN -> CLOSED.
 */
import { createSseParser, type SseMessage } from './sseParser.ts'

export type FetchEventSourceInit = { fetch: typeof fetch; headers: () => Record<string, string> }

/** The `error` that tells of a connection's end. */
export class StreamEnded extends Event {
  /** When the server wants to see the viewer again, in milliseconds; null when it did not say. */
  readonly retryMs: number | null
  readonly message: string

  constructor(retryMs: number | null, message: string) {
    super('error')
    this.retryMs = retryMs
    this.message = message
  }
}

type Listener = (event: Event) => void

export class FetchEventSource extends EventTarget {
  static readonly CONNECTING = 0
  static readonly OPEN = 1
  static readonly CLOSED = 2
  readonly CONNECTING = 0
  readonly OPEN = 1
  readonly CLOSED = 2
  readonly url: string
  readonly withCredentials = true
  readyState: number = FetchEventSource.CONNECTING
  // The interface asks for them; tRPC's link listens to events instead.
  onopen: Listener | null = null
  onmessage: Listener | null = null
  onerror: Listener | null = null
  readonly #abort = new AbortController()
  #retryMs: number | null = null
  #hasToldError = false

  constructor(url: string | URL, init: FetchEventSourceInit) {
    super()
    this.url = String(url)
    void this.#run(init)
  }

  close(): void {
    this.readyState = FetchEventSource.CLOSED
    this.#abort.abort()
  }

  async #run(init: FetchEventSourceInit): Promise<void> {
    const ending = await this.#readAnswer(init).catch((error: unknown) => `The connection was cut: ${String(error)}`)
    if (this.readyState === FetchEventSource.CLOSED) return
    this.close()
    // tRPC's stream drops what waits unread in it when an `error` comes: a told error would be lost behind one.
    if (!this.#hasToldError) this.dispatchEvent(new StreamEnded(this.#retryMs, ending))
  }

  /** Resolves with how it ended. */
  async #readAnswer({ fetch: fetchNow, headers }: FetchEventSourceInit): Promise<string> {
    const response = await fetchNow(this.url, {
      headers: { ...headers(), accept: 'text/event-stream' },
      credentials: 'same-origin',
      cache: 'no-store',
      signal: this.#abort.signal,
    })
    const isStream = response.headers.get('content-type')?.startsWith('text/event-stream') ?? false
    if (response.ok && isStream && response.body !== null) return this.#readStream(response.body)
    await this.#tellRefusal(response)
    return `The server answered ${response.status} and no stream.`
  }

  async #readStream(body: ReadableStream<Uint8Array>): Promise<string> {
    this.readyState = FetchEventSource.OPEN
    this.dispatchEvent(new Event('open'))
    const parse = createSseParser({
      onMessage: (message) => this.#tell(message),
      onRetry: (retryMs) => (this.#retryMs = retryMs),
    })
    // The parser takes the byte order mark away, and may do so only once.
    const decoder = new TextDecoder('utf-8', { ignoreBOM: true })
    const reader = body.getReader()
    for (;;) {
      const { done, value } = await reader.read()
      if (done) return 'The server ended the stream.'
      parse(decoder.decode(value, { stream: true }))
    }
  }

  #tell({ event, data, lastEventId }: SseMessage): void {
    if (this.readyState !== FetchEventSource.OPEN) return
    this.#hasToldError ||= event === 'serialized-error'
    this.dispatchEvent(new MessageEvent(event, { data, lastEventId }))
  }

  async #tellRefusal(response: Response): Promise<void> {
    const error = readError(await response.json().catch(() => null))
    if (error === null || this.readyState === FetchEventSource.CLOSED) return
    this.readyState = FetchEventSource.OPEN
    this.#tell({ event: 'serialized-error', data: JSON.stringify(error), lastEventId: '' })
  }
}

/** tRPC's error shape out of an HTTP answer; null when it is none. */
function readError(body: unknown): object | null {
  const answer: unknown = Array.isArray(body) ? body[0] : body
  if (typeof answer !== 'object' || answer === null || !('error' in answer)) return null
  const { error } = answer
  return typeof error === 'object' && error !== null && 'code' in error ? error : null
}
