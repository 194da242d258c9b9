/** One answer to who follows, in the wire format of each transport. */
import type { ServerResponse } from 'node:http'
import type { FollowedEvent } from '@stagewright/core'
import type { WebSocket } from 'ws'

export type Facts = { appCode: string; params?: Record<string, unknown> }

export type Stream = {
  /** The answer of an event stream; of the others there is none, and asking for it throws. */
  readonly response: ServerResponse
  /** The head of a stream, and the word that it is one. */
  connect(): void
  send(...events: FollowedEvent[]): void
  /** As when a machine dies. */
  cut(): void
  /** As a server that stops asks the viewers of its WebSockets to come back. */
  sendAway(): void
  /** Says what is wrong, and ends. */
  fail(httpStatus: number, facts: Facts): void
  /** The same, with the head and all, in one piece. */
  refuse(httpStatus: number, facts: Facts): void
}

export type EventStreamOptions = { response: ServerResponse; silentAfterMs: number | null }

export function createEventStream({ response, silentAfterMs }: EventStreamOptions): Stream {
  const settings = silentAfterMs === null ? {} : { reconnectAfterInactivityMs: silentAfterMs }
  const connected = `event: connected\ndata: ${JSON.stringify(settings)}\n\n`
  const describe = (httpStatus: number, facts: Facts): string =>
    `event: serialized-error\ndata: ${JSON.stringify(describeError(httpStatus, facts))}\n\n`
  return {
    response,
    connect() {
      response.writeHead(200, { 'content-type': 'text/event-stream' })
      response.write(connected)
    },
    send(...events) {
      response.write(events.map(({ cursor, event }) => `data: ${JSON.stringify(event)}\nid: ${cursor}\n\n`).join(''))
    },
    cut: () => void response.destroy(),
    sendAway() {
      throw new Error('An event stream is only ended.')
    },
    fail: (httpStatus, facts) => void response.end(describe(httpStatus, facts)),
    refuse(httpStatus, facts) {
      const body = Buffer.from(`${connected}${describe(httpStatus, facts)}`)
      response.writeHead(200, { 'content-type': 'text/event-stream', 'content-length': body.length }).end(body)
    },
  }
}

/** One subscription on a WebSocket. */
export function createSocketStream(socket: WebSocket, id: unknown): Stream {
  const say = (message: object): void => socket.send(JSON.stringify({ id, ...message }))
  const fail: Stream['fail'] = (httpStatus, facts) => say({ error: describeError(httpStatus, facts) })
  return {
    get response(): never {
      throw new Error('There is no HTTP answer on a WebSocket.')
    },
    connect: () => say({ result: { type: 'started' } }),
    send(...events) {
      for (const { cursor, event } of events)
        say({ result: { type: 'data', id: cursor, data: { id: cursor, data: event } } })
    },
    cut: () => socket.terminate(),
    sendAway: () => socket.send(JSON.stringify({ id: null, method: 'reconnect' })),
    fail,
    refuse: fail,
  }
}

/** The answer to one question: what the script sends before it returns. */
export function createAnswer(response: ServerResponse): { stream: Stream; finish(): void } {
  const sent: FollowedEvent[] = []
  let isOver = false
  const answer = (body: unknown, status = 200): void => {
    isOver = true
    response.writeHead(status, { 'content-type': 'application/json' }).end(JSON.stringify([body]))
  }
  const fail: Stream['fail'] = (httpStatus, facts) => answer({ error: describeError(httpStatus, facts) }, httpStatus)
  const stream: Stream = {
    response,
    connect() {},
    send: (...events) => void sent.push(...events),
    cut() {
      isOver = true
      response.destroy()
    },
    sendAway() {},
    fail,
    refuse: fail,
  }
  return { stream, finish: () => isOver || answer({ result: { data: sent } }) }
}

function describeError(httpStatus: number, { appCode, params = {} }: Facts): object {
  const code = httpStatus >= 500 ? -32603 : -32600
  return { code, message: appCode, data: { code: '', httpStatus, appCode, params, requestId: null } }
}
