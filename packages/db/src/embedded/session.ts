import type { PGlite } from '@electric-sql/pglite'
import { Listeners } from './listeners.ts'
import { TurnLock } from './turnLock.ts'
import { BatchReader, endsIdle, splitNotifications, type Batch } from './wireMessages.ts'

/**
 * Shares PGlite's ONE backend session between any number of wire-protocol connections.
 *
 * Guarantee: from the first batch of a transaction to its end (or the hang-up of its connection, which rolls it back)
 * no other connection's batch runs; turns are given in the order they were asked for.
 * A connection is: waiting (batches queued, no turn) → in turn (its batch runs, or its transaction is open) → waiting …
 * → gone (hung up: batches not yet begun are dropped).
 */
export class Session {
  readonly #db: PGlite
  readonly #wire: SessionWire
  readonly #turns = new TurnLock()
  readonly #listeners = new Listeners()
  readonly #connections = new Map<number, Connection>()

  constructor(db: PGlite, wire: SessionWire) {
    this.#db = db
    this.#wire = wire
  }

  open(id: number): void {
    this.#connections.set(id, { id, reader: new BatchReader(), steps: Promise.resolve(), gone: false })
  }

  /** Bytes a client wrote; answers come through `wire.send`, in order. */
  receive(id: number, bytes: Uint8Array): void {
    const connection = this.#connections.get(id)
    if (connection === undefined) return
    for (const batch of connection.reader.push(bytes))
      void this.#queueStep(connection, () => this.#run(connection, batch))
  }

  /** Ends a connection as a cut cable would: what was not begun is dropped, an open transaction rolled back. Idempotent. */
  hangUp(id: number): Promise<void> {
    const connection = this.#connections.get(id)
    if (connection === undefined) return Promise.resolve()
    connection.gone = true
    return this.#queueStep(connection, () => this.#leave(connection))
  }

  /** Runs upkeep between the turns of the connections, in no transaction. */
  async runAlone(work: (db: PGlite) => Promise<unknown>): Promise<void> {
    const release = await this.#turns.acquire()
    try {
      await work(this.#db)
    } finally {
      release()
    }
  }

  /** Hangs up all connections and waits until none holds the turn. */
  async hangUpAll(): Promise<void> {
    await Promise.all([...this.#connections.keys()].map((id) => this.hangUp(id)))
  }

  /** Steps of one connection run one after another. One that throws means PGlite itself is broken, not the SQL. */
  #queueStep(connection: Connection, step: () => Promise<void>): Promise<void> {
    connection.steps = connection.steps.then(step).catch((error: unknown) => this.#wire.fail(error))
    return connection.steps
  }

  async #run(connection: Connection, batch: Batch): Promise<void> {
    if (connection.gone) return
    if (batch.kind === 'terminate') {
      connection.gone = true
      await this.#leave(connection)
      return this.#wire.end(connection.id)
    }
    connection.endTurn ??= await this.#turns.acquire()
    if (connection.gone) return // hung up while it waited: the hang-up is queued behind and gives the turn back
    const answer = await this.#execute(batch.bytes)
    await this.#listenAgain(this.#listeners.observe(connection.id, batch.sqlStart))
    if (batch.kind !== 'more' && endsIdle(answer)) this.#endTurn(connection)
    this.#deliver(connection, answer)
  }

  async #execute(bytes: Uint8Array): Promise<Buffer> {
    const parts: Buffer[] = []
    // The callback's view is PGlite's own memory, overwritten by the next part: copy it.
    const onRawData = (part: Uint8Array) => void parts.push(Buffer.from(part))
    await this.#db.runExclusive(() => this.#db.execProtocolRawStream(bytes, { onRawData }))
    return parts.length === 1 ? parts[0]! : Buffer.concat(parts)
  }

  #deliver(connection: Connection, answer: Buffer): void {
    const { own, notifications } = splitNotifications(answer)
    if (own.length > 0) this.#wire.send(connection.id, own)
    for (const { channel, bytes } of notifications) {
      for (const id of this.#listeners.of(channel)) this.#wire.send(id, bytes)
    }
  }

  async #leave(connection: Connection): Promise<void> {
    this.#connections.delete(connection.id)
    const unheard = this.#listeners.forget(connection.id)
    if (connection.endTurn !== undefined) {
      // Sync first: after an error in a half-sent batch the session would skip everything up to one.
      await this.#execute(Buffer.concat([syncMessage, simpleQuery('ROLLBACK')]))
      this.#endTurn(connection)
    }
    if (unheard.length === 0) return
    await this.runAlone(async (db) => {
      // Another connection may have begun to listen while this one waited for its turn.
      const still = unheard.filter((channel) => [...this.#listeners.of(channel)].length === 0)
      for (const channel of still) await db.exec(`UNLISTEN ${quoteName(channel)}`)
    })
  }

  async #listenAgain(channels: string[]): Promise<void> {
    for (const channel of channels) await this.#execute(simpleQuery(`LISTEN ${quoteName(channel)}`))
  }

  #endTurn(connection: Connection): void {
    connection.endTurn?.()
    delete connection.endTurn
  }
}

/** Where the session's answers go. */
export interface SessionWire {
  send(id: number, bytes: Buffer): void
  end(id: number): void
  /** The session cannot go on at all. */
  fail(error: unknown): void
}

interface Connection {
  readonly id: number
  readonly reader: BatchReader
  steps: Promise<void>
  gone: boolean
  endTurn?: () => void
}

const syncMessage = Buffer.from([0x53, 0, 0, 0, 4])

const quoteName = (name: string) => `"${name.replaceAll('"', '""')}"`

function simpleQuery(sql: string): Uint8Array {
  const body = Buffer.from(`${sql}\0`)
  const message = Buffer.alloc(5 + body.length)
  message.write('Q')
  message.writeUInt32BE(4 + body.length, 1)
  body.copy(message, 5)
  return new Uint8Array(message)
}
