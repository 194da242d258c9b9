// What stands before several servers: each new connection goes to the next of them, until that ends it.
//
// Guarantee: bytes arrive in order and unchanged; a target that takes no connection is passed over.
import { once } from 'node:events'
import { connect, createServer, type AddressInfo, type Socket } from 'node:net'

export type RoundRobin = {
  readonly url: string
  /** Where connections go from now on; those that stand are left alone. */
  lead(ports: readonly number[]): void
  [Symbol.asyncDispose](): Promise<void>
}

export async function startRoundRobin(first: readonly number[]): Promise<RoundRobin> {
  let targets = first
  let turn = 0
  const sockets = new Set<Socket>()
  const keep = (socket: Socket): void => {
    sockets.add(socket)
    socket.setNoDelay(true)
    socket.once('close', () => sockets.delete(socket))
  }
  const lead = (client: Socket, triesLeft: number): void => {
    const server = connect(targets[turn++ % targets.length]!, '127.0.0.1')
    keep(server)
    server.once('connect', () => {
      client.pipe(server).pipe(client)
      client.once('close', () => server.destroy())
      server.once('close', () => client.destroy())
    })
    server.on('error', () => {
      if (server.connecting && triesLeft > 0 && !client.destroyed) lead(client, triesLeft - 1)
      else client.destroy()
    })
  }
  const listener = createServer((client) => {
    keep(client)
    client.on('error', () => client.destroy())
    lead(client, targets.length - 1)
  })
  listener.listen(0, '127.0.0.1')
  await once(listener, 'listening')
  return {
    url: `http://127.0.0.1:${(listener.address() as AddressInfo).port}`,
    lead: (ports) => void (targets = ports),
    async [Symbol.asyncDispose]() {
      for (const socket of sockets) socket.destroy()
      listener.close()
      await once(listener, 'close')
    },
  }
}
