/**
 * Who listens to what. All connections share one session, which listens to the union of their channels; a notification
 * goes to the connections that asked for its channel, as if each had a session of its own.
 */
export class Listeners {
  readonly #channels = new Map<string, Set<number>>()

  /**
   * Notes a `LISTEN` or `UNLISTEN` of a connection. Gives the channels the session must listen to again,
   * because the one UNLISTEN of the shared session also took them from other connections.
   */
  observe(connection: number, sqlStart: string): string[] {
    const command = /^\s*(LISTEN|UNLISTEN)\s+(?:"((?:[^"]|"")+)"|(\*|[\w$]+))/i.exec(sqlStart)
    if (command === null) return []
    const channel = command[2]?.replaceAll('""', '"') ?? command[3]!.toLowerCase()
    if (command[1]!.toUpperCase() === 'LISTEN') {
      const listening = this.#channels.get(channel) ?? new Set()
      this.#channels.set(channel, listening.add(connection))
      return []
    }
    const left = channel === '*' ? [...this.#channels.keys()] : [channel]
    for (const name of left) this.#leave(connection, name)
    return left.filter((name) => this.#channels.has(name))
  }

  /** Forgets a connection; gives the channels nobody listens to any more. */
  forget(connection: number): string[] {
    const before = [...this.#channels.keys()]
    for (const channel of before) this.#leave(connection, channel)
    return before.filter((channel) => !this.#channels.has(channel))
  }

  of(channel: string): Iterable<number> {
    return this.#channels.get(channel) ?? []
  }

  #leave(connection: number, channel: string): void {
    const listening = this.#channels.get(channel)
    listening?.delete(connection)
    if (listening?.size === 0) this.#channels.delete(channel)
  }
}
