/** The few parts of PostgreSQL's wire protocol 3.0 that sharing one session needs: message borders, not contents. */

const QUERY = 0x51
const PARSE = 0x50
const SYNC = 0x53
const FLUSH = 0x48
const TERMINATE = 0x58
const COPY_DONE = 0x63
const COPY_FAIL = 0x66
const NOTIFICATION = 0x41
const READY_FOR_QUERY = 0x5a
const IDLE = 0x49

const HEADER_BYTES = 5
const endsBatch = new Set([QUERY, SYNC, FLUSH, TERMINATE, COPY_DONE, COPY_FAIL])

export interface Batch {
  readonly bytes: Uint8Array
  /** `more`: the client goes on in the same turn (Flush); `terminate`: it says goodbye. */
  readonly kind: 'query' | 'more' | 'terminate'
  /** The SQL of the batch's first Query or Parse message, cut to its first 200 bytes; empty if it has none. */
  readonly sqlStart: string
}

/**
 * Cuts a client's bytes into whole batches, up to the message that asks for an answer. A batch asks for the turn once it
 * is whole, so that a client which stops in the middle of one keeps nobody waiting; and one call of PGlite is cheaper
 * than the five of an ordinary query.
 */
export class BatchReader {
  #pending: Buffer = Buffer.alloc(0)
  #started = false

  /** Takes the next bytes in, gives the batches they complete. */
  push(bytes: Uint8Array): Batch[] {
    this.#pending = this.#pending.length === 0 ? Buffer.from(bytes) : Buffer.concat([this.#pending, bytes])
    const batches: Batch[] = []
    for (let batch = this.#next(); batch !== null; batch = this.#next()) batches.push(batch)
    return batches
  }

  #next(): Batch | null {
    if (!this.#started) return this.#takeStartup()
    let offset = 0
    let sqlStart = ''
    while (offset + HEADER_BYTES <= this.#pending.length) {
      const type = this.#pending[offset]!
      const end = offset + 1 + this.#pending.readUInt32BE(offset + 1)
      if (end > this.#pending.length) return null
      if (sqlStart === '' && (type === QUERY || type === PARSE)) sqlStart = readSqlStart(this.#pending, type, offset)
      offset = end
      if (!endsBatch.has(type)) continue
      const kind = type === TERMINATE ? 'terminate' : type === FLUSH ? 'more' : 'query'
      return { bytes: this.#take(end), kind, sqlStart }
    }
    return null
  }

  /** The first message has no type byte. */
  #takeStartup(): Batch | null {
    if (this.#pending.length < 4) return null
    const end = this.#pending.readUInt32BE(0)
    if (this.#pending.length < end) return null
    this.#started = true
    return { bytes: this.#take(end), kind: 'query', sqlStart: '' }
  }

  #take(end: number): Uint8Array {
    const bytes = new Uint8Array(this.#pending.subarray(0, end))
    this.#pending = this.#pending.subarray(end)
    return bytes
  }
}

/** In a Parse message the statement's name comes before its SQL. */
function readSqlStart(buffer: Buffer, type: number, offset: number): string {
  const body = offset + HEADER_BYTES
  const from = type === QUERY ? body : buffer.indexOf(0, body) + 1
  return buffer.toString('utf8', from, Math.min(from + 200, buffer.indexOf(0, from)))
}

/** Whether the server's answer ends with ReadyForQuery outside of any transaction. */
export function endsIdle(answer: Buffer): boolean {
  let status = 0
  for (const message of messagesOf(answer)) if (message.type === READY_FOR_QUERY) status = answer[message.end - 1]!
  return status === IDLE
}

export interface Notification {
  readonly channel: string
  readonly bytes: Buffer
}

/** Parts a server's answer into what belongs to the client that asked and the notifications, which belong to whoever listens. */
export function splitNotifications(answer: Buffer): { own: Buffer; notifications: Notification[] } {
  const notifications: Notification[] = []
  const own: Buffer[] = []
  let from = 0
  for (const { type, start, end } of messagesOf(answer)) {
    if (type !== NOTIFICATION) continue
    own.push(answer.subarray(from, start))
    const name = start + HEADER_BYTES + 4 // after the notifying process id
    notifications.push({
      channel: answer.toString('utf8', name, answer.indexOf(0, name)),
      bytes: answer.subarray(start, end),
    })
    from = end
  }
  if (notifications.length === 0) return { own: answer, notifications }
  own.push(answer.subarray(from))
  return { own: Buffer.concat(own), notifications }
}

function* messagesOf(bytes: Buffer): Generator<{ type: number; start: number; end: number }> {
  let start = 0
  while (start + HEADER_BYTES <= bytes.length) {
    const end = start + 1 + bytes.readUInt32BE(start + 1)
    yield { type: bytes[start]!, start, end }
    start = end
  }
}
