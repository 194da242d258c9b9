/**
 * A connection of its own that listens to one channel, for as long as it is wanted.
 *
 * Guarantee: a lost notification costs time only. Whenever the connection has been made, `onListening` is called, for what
 * may have been missed meanwhile. A failure is told to `onLost` and thrown nowhere but by `notify`.
 * States: connecting -> listening -> (lost -> connecting after a pause) -> stopped.
 */
import pg from 'pg'
import { cutConnection } from './boundedClient.ts'

const reconnectAfterMs = 1_000
/** Also the longest that `stop` waits for a server that does not answer. */
const connectTimeoutMs = 5_000
/** A peer that is gone without a word is noticed about ten seconds after the line has been silent for so long. */
const keepAliveAfterMs = 5_000
/** A LISTEN or NOTIFY that takes longer has met a database that hangs; an end is waited for less. */
const answerWithinMs = 5_000
const endWithinMs = 1_000

export type ChannelListenerOptions = {
  poolConfig: pg.PoolConfig
  channel: string
  onNotified: (payload: string) => void
  onListening: () => void
  /** The connection could not be made or was lost; it is tried again by itself. */
  onLost: (error: unknown) => void
}

export class ChannelListener {
  readonly #options: ChannelListenerOptions
  #client: pg.Client | null = null
  #timer: NodeJS.Timeout | null = null
  #connecting: Promise<void> = Promise.resolve()
  #stopped = false
  #isListening = false

  constructor(options: ChannelListenerOptions) {
    this.#options = options
  }

  get isListening(): boolean {
    return this.#isListening
  }

  /** Settles after the first try. A failure is told to `onLost` and does not reject: without waking there is polling. */
  start(): Promise<void> {
    this.#connecting = this.#connect()
    return this.#connecting
  }

  /** Notifies the channel, on the listening connection. Rejects when that is or gets lost: it may have been sent then. */
  async notify(payload: string): Promise<void> {
    const client = this.#client
    if (client === null || !this.#isListening) throw new Error('The listening connection is away.')
    try {
      await client.query('SELECT pg_notify($1, $2)', [this.#options.channel, payload])
    } catch (error) {
      this.#lose(client, error)
      throw error
    }
  }

  async stop(): Promise<void> {
    this.#stopped = true
    if (this.#timer !== null) clearTimeout(this.#timer)
    await this.#connecting
    const client = this.#client
    this.#client = null
    this.#isListening = false
    if (client !== null) await endConnection(client)
  }

  async #connect(): Promise<void> {
    if (this.#stopped) return
    const { poolConfig } = this.#options
    const client = new pg.Client({
      ...poolConfig,
      keepAlive: true,
      keepAliveInitialDelayMillis: keepAliveAfterMs,
      connectionTimeoutMillis: connectTimeoutMs,
      // The embedded database is no server that could hang by itself.
      ...(poolConfig.stream === undefined ? { query_timeout: answerWithinMs } : {}),
    })
    this.#client = client
    client.on('error', (error) => this.#lose(client, error))
    client.on('end', () => this.#lose(client, new Error('The listening connection ended.')))
    client.on('notification', ({ payload }) => this.#options.onNotified(payload ?? ''))
    try {
      await client.connect()
      await client.query(`LISTEN ${pg.escapeIdentifier(this.#options.channel)}`)
    } catch (error) {
      this.#lose(client, error)
      return
    }
    if (this.#client !== client) return
    this.#isListening = true
    this.#options.onListening()
  }

  #lose(client: pg.Client, error: unknown): void {
    if (this.#client !== client) return
    this.#client = null
    this.#isListening = false
    cutConnection(client) // it may be half open
    if (this.#stopped) return
    this.#options.onLost(error)
    this.#timer = setTimeout(() => void this.start(), reconnectAfterMs)
  }
}

/** A server that hangs would never confirm the end. */
async function endConnection(client: pg.Client): Promise<void> {
  const timer = setTimeout(() => cutConnection(client), endWithinMs)
  await client.end().catch(() => {})
  clearTimeout(timer)
}
