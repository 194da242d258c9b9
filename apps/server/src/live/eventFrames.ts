import { isTrackedEnvelope } from '@trpc/server'

type Encoded = { data: Buffer; id: string | null; frame: readonly Buffer[] }

/** From this size on a frame is written in two parts: copying it for the sake of its id line would cost more. */
const largeBytes = 16 * 1024

export type EventFrames = {
  /**
   * What an item a subscription yielded is on the wire, in tRPC's SSE format. Items that carry the same event object
   * are encoded once, and are the same buffer where their ids are the same too: only the `id:` line is a viewer's own.
   * `lastId` is the id the viewer holds, which an item without an id must not take from it.
   */
  encode(item: unknown, lastId: string | null): readonly Buffer[]
}

export function createEventFrames(serialize: (value: unknown) => unknown): EventFrames {
  const encoded = new WeakMap<object, Encoded>()
  // Viewers of one text are given the same event one right after the other.
  let lastData: unknown
  let last: Encoded | null = null

  const encodeData = (data: unknown): Encoded => {
    if (data === lastData && last !== null) return last
    const known = isObject(data) ? encoded.get(data) : undefined
    const entry = known ?? { data: Buffer.from(`data: ${JSON.stringify(serialize(data))}\n`), id: null, frame: [] }
    if (isObject(data)) encoded.set(data, entry)
    lastData = data
    last = entry
    return entry
  }
  return {
    encode(item, lastId) {
      if (!isTrackedEnvelope(item)) return encodeUntracked(encodeData(item).data, lastId)
      const [id, data] = item
      const entry = encodeData(data)
      if (entry.id !== id) {
        entry.id = id
        entry.frame = joinFrame(entry.data, Buffer.from(`id: ${id}\n\n\n`))
      }
      return entry.frame
    },
  }
}

function joinFrame(data: Buffer, idLine: Buffer): readonly Buffer[] {
  return data.length >= largeBytes ? [data, idLine] : [Buffer.concat([data, idLine])]
}

/** An EventSource gives an event without an id the last one, so it is cleared and then set again. */
function encodeUntracked(data: Buffer, lastId: string | null): readonly Buffer[] {
  if (lastId === null) return [data, Buffer.from('\n\n')]
  return [data, Buffer.from(`id: \n\n\nevent: restore-id\ndata: \nid: ${lastId}\n\n\n`)]
}

function isObject(value: unknown): value is object {
  return typeof value === 'object' && value !== null
}
