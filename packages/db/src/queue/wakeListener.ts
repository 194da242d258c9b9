/**
 * A connection of its own that listens to one channel, for as long as it is wanted.
 *
 * Guarantee: a lost notification costs time only. Whenever the connection has been made anew, `onNotified` is called, for
 * what may have been missed meanwhile.
 * States: connecting -> listening -> (lost -> connecting after a pause) -> stopped.
 */
import pg from 'pg'

const reconnectAfterMs = 1_000
/** Also the longest that `stop` waits for a server that does not answer. */
const connectTimeoutMs = 5_000

export type WakeListenerOptions = {
  poolConfig: pg.PoolConfig
  channel: string
  onNotified: () => void
  /** The connection could not be made or was lost; it is tried again by itself. */
  onLost: (error: unknown) => void
}

export class WakeListener {
  readonly #options: WakeListenerOptions
  #client: pg.Client | null = null
  #timer: NodeJS.Timeout | null = null
  #connecting: Promise<void> = Promise.resolve()
  #stopped = false

  constructor(options: WakeListenerOptions) {
    this.#options = options
  }

  /** Settles after the first try. A failure is told to `onLost` and does not reject: without waking there is polling. */
  start(): Promise<void> {
    this.#connecting = this.#connect()
    return this.#connecting
  }

  async stop(): Promise<void> {
    this.#stopped = true
    if (this.#timer !== null) clearTimeout(this.#timer)
    await this.#connecting
    const client = this.#client
    this.#client = null
    await client?.end().catch(() => {})
  }

  async #connect(): Promise<void> {
    if (this.#stopped) return
    const client = new pg.Client({
      ...this.#options.poolConfig,
      keepAlive: true,
      connectionTimeoutMillis: connectTimeoutMs,
    })
    this.#client = client
    client.on('error', (error) => this.#lose(client, error))
    client.on('end', () => this.#lose(client, new Error('The listening connection ended.')))
    client.on('notification', () => this.#options.onNotified())
    try {
      await client.connect()
      await client.query(`LISTEN ${pg.escapeIdentifier(this.#options.channel)}`)
      this.#options.onNotified()
    } catch (error) {
      this.#lose(client, error)
    }
  }

  #lose(client: pg.Client, error: unknown): void {
    if (this.#client !== client) return
    this.#client = null
    void client.end().catch(() => {}) // it may be half open
    if (this.#stopped) return
    this.#options.onLost(error)
    this.#timer = setTimeout(() => void this.start(), reconnectAfterMs)
  }
}
