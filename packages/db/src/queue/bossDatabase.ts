import pg from 'pg'
import type { Db } from 'pg-boss'
import { ChannelListener } from '../channelListener.ts'

/**
 * What pg-boss reaches the database through: a small pool of its own, so that leases are renewed while the program's
 * pool is busy, and the one listening connection, whose wakes go to pg-boss and to us.
 */
export class BossDatabase implements Db {
  readonly #poolConfig: pg.PoolConfig
  readonly #pool: pg.Pool
  readonly #onWake: () => void
  readonly #onLost: (error: unknown) => void

  constructor(poolConfig: pg.PoolConfig, events: { onWake: () => void; onLost: (error: unknown) => void }) {
    this.#poolConfig = poolConfig
    this.#onWake = events.onWake
    this.#onLost = events.onLost
    this.#pool = new pg.Pool({ ...poolConfig, max: 2 })
    this.#pool.on('error', events.onLost)
  }

  /** pg-boss also sends `BEGIN; …; COMMIT` as one text: after an error its connection would stay in a failed transaction. */
  async executeSql(text: string, values?: unknown[]): Promise<{ rows: Record<string, unknown>[] }> {
    const client = await this.#pool.connect()
    // Without a listener its loss would end the process; the statement under way fails of it too.
    client.on('error', ignore)
    try {
      const result = await client.query<Record<string, unknown>>(text, values)
      client.removeListener('error', ignore)
      client.release()
      return result
    } catch (error) {
      client.release(true)
      throw error
    }
  }

  async listen(channel: string): Promise<{ close(): Promise<void> }> {
    const listener = new ChannelListener({
      poolConfig: this.#poolConfig,
      channel,
      onNotified: this.#onWake,
      // For jobs that were sent while nobody listened.
      onListening: this.#onWake,
      onLost: this.#onLost,
    })
    await listener.start()
    return { close: () => listener.stop() }
  }

  async close(): Promise<void> {
    await this.#pool.end()
  }
}

function ignore(): void {}
