/**
 * One connection of each transport, as the same thing: `connected` once the server has answered, then events, until the
 * server ends it or it breaks (which throws). Guarantees: it never comes back by itself, also where tRPC's link would;
 * a signal ends it at once; whatever ends it, nothing stays open.
 */
import type { FollowedEvent } from '@stagewright/core'
import { within } from './abortWith.ts'
import { pause } from './backOff.ts'
import type { Api, Links, Transport } from './links.ts'

/** What is followed: one task, or a project and the workspace. */
export type Subject = { type: 'task'; taskId: string } | { type: 'live'; projectId: string | undefined }

export type Connecting = { subject: Subject; cursor: string | null; signal: AbortSignal }

export type Connection = AsyncGenerator<'connected' | FollowedEvent, void>

const pollEveryMs = 2_000
/** An answer that takes longer is taken for a lost one. */
const answerWithinMs = 25_000

export function connect(links: Links, transport: Transport, connecting: Connecting): Connection {
  switch (transport) {
    case 'sse':
      return subscribe(() => ({ api: links.http, close() {} }), connecting)
    case 'webSocket':
      return subscribe(links.openWebSocket, connecting)
    case 'polling':
      return poll(links.http, connecting)
  }
}

const overWords = {
  silent: 'The connection has been silent for too long.',
  sentAway: 'The server is going down and asks to come back.',
}

async function* subscribe(open: Links['openWebSocket'], { subject, cursor, signal }: Connecting): Connection {
  if (signal.aborted) return
  const came: ('connected' | FollowedEvent)[] = []
  const ended: { error: Error | null }[] = []
  let wake = (): void => {}
  const end = (error: Error | null): void => {
    ended.push({ error })
    wake()
  }
  const take = (item: 'connected' | FollowedEvent): void => {
    if (ended.length > 0) return
    came.push(item)
    wake()
  }
  const line = open((why) => end(new Error(overWords[why])))
  const subscription = ask(
    line.api,
    { subject, cursor },
    {
      onStarted: () => take('connected'),
      onData: ({ id, data }) => take({ cursor: id, event: data }),
      onError: end,
      onComplete: () => end(null),
      // The link would now try again by itself; when and how is decided in one place, for all transports.
      onConnectionStateChange: ({ error }) => error !== null && end(error),
    },
  )
  const onAbort = (): void => wake()
  signal.addEventListener('abort', onAbort, { once: true })
  try {
    while (!signal.aborted) {
      const next = came.shift()
      if (next !== undefined) yield next
      else if (ended[0] !== undefined) {
        if (ended[0].error === null) return
        throw ended[0].error
      } else await new Promise<void>((resolve) => (wake = resolve))
    }
  } finally {
    signal.removeEventListener('abort', onAbort)
    subscription.unsubscribe()
    line.close()
  }
}

type Told = {
  onStarted(): void
  onData(data: { id: string; data: FollowedEvent['event'] }): void
  onError(error: Error): void
  onComplete(): void
  onConnectionStateChange(state: { error: Error | null }): void
}

function ask(api: Api, { subject, cursor }: Omit<Connecting, 'signal'>, told: Told): { unsubscribe(): void } {
  if (subject.type === 'task') return api.tasks.follow.subscribe({ taskId: subject.taskId, cursor }, told)
  return api.live.follow.subscribe({ projectId: subject.projectId, cursor }, told)
}

/** What there is to tell after the cursor, over plain HTTP. */
export function askOnce(api: Api, { subject, cursor, signal }: Connecting): Promise<FollowedEvent[]> {
  return subject.type === 'task'
    ? api.tasks.poll.query({ taskId: subject.taskId, cursor }, { signal })
    : api.live.poll.query({ projectId: subject.projectId, cursor }, { signal })
}

async function* poll(api: Api, { subject, cursor, signal }: Connecting): Connection {
  let at = cursor
  let isFirst = true
  while (!signal.aborted) {
    const from = at
    const events = await within(answerWithinMs, signal, (limited) =>
      askOnce(api, { subject, cursor: from, signal: limited }),
    )
    if (isFirst) yield 'connected'
    isFirst = false
    for (const followed of events) {
      at = followed.cursor
      yield followed
      if ('type' in followed.event && followed.event.type === 'end') return
    }
    await pause(pollEveryMs, signal)
  }
}
