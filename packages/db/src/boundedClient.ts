import pg from 'pg'

/**
 * A class of clients that give a server up which owes them an answer for `answerWithinMs`: the connection is ended, and
 * with it everything that waits on it, as when the server ends it. node-postgres' own `query_timeout` would leave the
 * connection in use, and whoever is given it next would wait behind the statement that hangs.
 *
 * idle -> (query) owed an answer -> (ready, and more to do) owed the next -> idle, or ended.
 */
export function boundedClientClass(answerWithinMs: number): typeof pg.Client {
  return class BoundedClient extends pg.Client {
    #timer: NodeJS.Timeout | null = null

    constructor(config?: string | pg.ClientConfig) {
      super(config)
      // Before the client's own listeners, which say `drain` when nothing is left to do.
      connectionOf(this).on('readyForQuery', () => this.#timer?.refresh())
      this.on('drain', () => this.#settle())
      this.on('end', () => this.#settle())
      this.query = this.#watch(this.query.bind(this))
    }

    #watch(query: pg.Client['query']): pg.Client['query'] {
      const watched = (...given: unknown[]): unknown => {
        this.#timer ??= setTimeout(() => this.#giveUp(), answerWithinMs).unref()
        return (query as (...given: unknown[]) => unknown)(...given)
      }
      return watched as pg.Client['query']
    }

    #settle(): void {
      if (this.#timer !== null) clearTimeout(this.#timer)
      this.#timer = null
    }

    #giveUp(): void {
      this.#settle()
      const words = `Connection terminated: the database has not answered within ${answerWithinMs} ms.`
      cutConnection(this, new Error(words))
    }
  }
}

/** Ends a client's connection here and now, whether or not the server still answers. */
export function cutConnection(client: pg.Client, reason?: Error): void {
  connectionOf(client).stream.destroy(reason)
}

/** node-postgres has it, and does not say so in its types. */
function connectionOf(client: pg.Client): pg.Connection {
  return (client as unknown as { connection: pg.Connection }).connection
}
