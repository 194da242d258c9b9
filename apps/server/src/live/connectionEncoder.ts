import { isTrackedEnvelope } from '@trpc/server'

/** How messages of a connection become text and back, in the shape tRPC's WebSocket adapter takes. */
export type ConnectionEncoder = {
  encode(message: unknown): string
  decode(text: string | ArrayBuffer | Uint8Array): unknown
}

/** JSON of an event object, made once however many connections it goes to. */
export type SharedEncoding = (event: object) => string

export function createSharedEncoding(): SharedEncoding {
  const encoded = new WeakMap<object, string>()
  return (event) => {
    const known = encoded.get(event)
    if (known !== undefined) return known
    const json = JSON.stringify(event)
    encoded.set(event, json)
    return json
  }
}

export type SubscriptionLimit = { maxSubscriptions: number; onTooMany(): void }

/** Encodes for one connection and counts its subscriptions: from the request to `stopped` or the error that ends it. */
export function createConnectionEncoder(
  shared: SharedEncoding,
  { maxSubscriptions, onTooMany }: SubscriptionLimit,
): ConnectionEncoder {
  const live = new Set<unknown>()
  return {
    encode(message) {
      const { id, result, error } = message as {
        id?: unknown
        result?: { type?: string; id?: unknown; data?: unknown }
        error?: unknown
      }
      if (error !== undefined || result?.type === 'stopped') live.delete(id)
      const event = eventOf(result?.data)
      if (result?.type !== 'data' || event === null) return JSON.stringify(message)
      const eventId = JSON.stringify(result.id)
      return `{"id":${JSON.stringify(id)},"result":{"type":"data","id":${eventId},"data":{"id":${eventId},"data":${shared(event)}}}}`
    },
    decode(text) {
      const decoded: unknown = JSON.parse(
        typeof text === 'string' ? text : Buffer.from(text as Uint8Array).toString('utf8'),
      )
      for (const message of Array.isArray(decoded) ? decoded : [decoded]) {
        if ((message as { method?: unknown } | null)?.method === 'subscription')
          live.add((message as { id?: unknown }).id)
      }
      if (live.size > maxSubscriptions) onTooMany()
      return decoded
    },
  }
}

/** The event of a tracked item as tRPC sends it: `{ id, data }`. */
function eventOf(data: unknown): object | null {
  if (typeof data !== 'object' || data === null || isTrackedEnvelope(data)) return null
  const { id, data: event, ...rest } = data as { id?: unknown; data?: unknown }
  const isTracked =
    typeof id === 'string' && typeof event === 'object' && event !== null && Object.keys(rest).length === 0
  return isTracked ? event : null
}
