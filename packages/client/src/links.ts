import type { AppRouter } from '@stagewright/api'
import {
  createTRPCClient,
  createWSClient,
  httpBatchLink,
  httpSubscriptionLink,
  splitLink,
  wsLink,
  type TRPCClient,
} from '@trpc/client'
import { FetchEventSource } from './fetchEventSource.ts'

export type StudioOptions = {
  /** Where the server is, as https://studio.example.com; in the studio itself its own address. */
  url: string
  /** An API key made in the studio. Without one the browser's session cookie is used. */
  apiKey?: string | undefined
  /** How to follow: SSE by default; `auto` goes on to WebSocket and polling where SSE does not come through. */
  transport?: Transport | 'auto' | undefined
  /** Where `auto` keeps what it came down to, to begin with it next time: a page's sessionStorage, as an instance. */
  transportMemory?: TransportMemory | undefined
  /** For runtimes whose own are not to be used. The WebSocket constructor must take `{ headers }` when there is a key. */
  fetch?: typeof fetch | undefined
  WebSocket?: WebSocketConstructor | undefined
}

/** Neither may throw. What `read` gives may be anything; what is no transport is as good as nothing. */
export type TransportMemory = { read(): string | null; write(transport: Transport): void }

export type Transport = 'sse' | 'webSocket' | 'polling'
export type WebSocketConstructor = new (url: string, options?: { headers: Record<string, string> }) => WebSocket

export type Api = TRPCClient<AppRouter>

export type Links = {
  /** Requests over HTTP, subscriptions over SSE. */
  http: Api
  /**
   * A WebSocket of its own for one subscription: an end of it ends nothing else, and the server's limit of
   * subscriptions on one connection is never met. `onOver` is told when nothing came for 2.5 of its heartbeats, or
   * when a stopping server asks to come back: tRPC's client would then read a second socket beside the first.
   */
  openWebSocket(onOver: (why: 'silent' | 'sentAway') => void): { api: Api; close(): void }
}

/** 2.5 of the server's heartbeats, which come every 10 s on a silent connection. An event stream names its own. */
const defaultSilentAfterMs = 25_000

/** Throws when a WebSocket is wanted and this runtime has none. */
export function createLinks(options: StudioOptions, { silentAfterMs = defaultSilentAfterMs } = {}): Links {
  if (options.transport === 'webSocket') webSocketOf(options)
  const url = `${originOf(options)}/trpc`
  const headers = (): Record<string, string> =>
    options.apiKey === undefined ? {} : { authorization: `Bearer ${options.apiKey}` }
  // Looked up at each call: tests and tracing replace the global one.
  const fetchNow = (input: URL | RequestInfo, init?: unknown): Promise<Response> =>
    (options.fetch ?? fetch)(input, init as RequestInit)

  const http = createTRPCClient<AppRouter>({
    links: [
      splitLink({
        condition: (operation) => operation.type === 'subscription',
        true: httpSubscriptionLink({
          url,
          EventSource: FetchEventSource,
          eventSourceOptions: { fetch: fetchNow, headers },
        }),
        false: httpBatchLink({ url, headers, fetch: fetchNow, maxURLLength: 8_000, maxItems: 10 }),
      }),
    ],
  })
  return {
    http,
    openWebSocket: (onOver) =>
      openWebSocket(options, { url: url.replace(/^http/, 'ws'), headers: headers(), onOver, silentAfterMs }),
  }
}

/** The server's address without a slash at its end. */
export function originOf({ url }: StudioOptions): string {
  return url.replace(/\/+$/, '')
}

function webSocketOf(options: StudioOptions): WebSocketConstructor {
  const found = options.WebSocket ?? (globalThis.WebSocket as WebSocketConstructor | undefined)
  if (found === undefined)
    throw new TypeError(
      'This runtime has no WebSocket: give createClient one as `WebSocket`, or use another transport.',
    )
  return found
}

/** tRPC's request to come back on another socket. */
function isSendingAway(data: unknown): boolean {
  return typeof data === 'string' && data.startsWith('{') && data.length < 100 && data.includes('"method":"reconnect"')
}

type SocketOptions = {
  url: string
  headers: Record<string, string>
  onOver: Parameters<Links['openWebSocket']>[0]
  silentAfterMs: number
}

function openWebSocket(
  options: StudioOptions,
  { url, headers, onOver, silentAfterMs }: SocketOptions,
): { api: Api; close(): void } {
  const Base = webSocketOf(options)
  const opened = new Set<WebSocket>()
  const waitForWord = (): ReturnType<typeof setTimeout> => setTimeout(() => onOver('silent'), silentAfterMs)
  let silence = waitForWord()
  const heard = (message: MessageEvent): void => {
    clearTimeout(silence)
    silence = waitForWord()
    if (!isSendingAway(message.data)) return
    // Our listener is the first: tRPC's does not see it.
    message.stopImmediatePropagation()
    onOver('sentAway')
  }
  const Socket = class extends Base {
    constructor(address: string) {
      // Browsers take no headers here, and need none: the cookie goes along.
      super(address, Object.keys(headers).length === 0 ? undefined : { headers })
      opened.add(this)
      this.addEventListener('message', heard)
    }
  }
  const client = createWSClient({ url, WebSocket: Socket as unknown as typeof WebSocket })
  return {
    api: createTRPCClient<AppRouter>({ links: [wsLink({ client })] }),
    close() {
      clearTimeout(silence)
      // From here on tRPC's client opens no other; it would wait for one that is still opening, so that is closed here.
      client.close().catch(() => undefined)
      for (const socket of opened) {
        socket.removeEventListener('message', heard)
        socket.close()
      }
    },
  }
}
