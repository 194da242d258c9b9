import { once } from 'node:events'
import { connect, createServer, type Server, type Socket } from 'node:net'

/** A way to a database server that a test can cut, as if the server went down, or hold, as if it hung. */
export class Way {
  readonly #url: URL
  #server: Server | null = null
  #port = 0
  #isHeld = false
  readonly #sockets = new Set<Socket>()

  /** @param url the server's address */
  constructor(url: string) {
    this.#url = new URL(url)
  }

  /** Opens it, always on the same port, and gives the address that leads through it. */
  async open(): Promise<string> {
    this.#server = createServer((socket) => this.#lead(socket)).listen(this.#port, '127.0.0.1')
    await once(this.#server, 'listening')
    this.#port = (this.#server.address() as { port: number }).port
    const address = new URL(this.#url)
    address.host = `127.0.0.1:${this.#port}`
    return address.href
  }

  /** Whoever is on it is cut off, and nobody is let in until it is opened again. */
  async cut(): Promise<void> {
    const server = this.#server
    this.#server = null
    for (const socket of this.#sockets) socket.destroy()
    this.#sockets.clear()
    if (server === null) return
    server.close()
    await once(server, 'close')
  }

  /** Connections are accepted and kept, and nothing comes through any more. */
  hold(): void {
    this.#isHeld = true
    for (const socket of this.#sockets) socket.pause()
  }

  release(): void {
    this.#isHeld = false
    for (const socket of this.#sockets) socket.resume()
  }

  #lead(socket: Socket): void {
    const { hostname, port } = this.#url
    const onward = connect({ host: hostname, port: Number(port) })
    for (const [from, to] of [
      [socket, onward],
      [onward, socket],
    ] as const) {
      this.#sockets.add(from)
      from.on('data', (bytes) => to.write(bytes))
      from.on('error', () => {})
      from.on('close', () => {
        this.#sockets.delete(from)
        to.destroy()
      })
      if (this.#isHeld) from.pause()
    }
  }
}
