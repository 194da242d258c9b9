// A TCP proxy on loopback that does to connections what networks do: cuts them, holds them back, delays them, refuses
// them, loses answers, and counts what went through.
//
// Guarantee: bytes arrive in order and unchanged up to a cut; after close() nothing of it stays open.
import { once } from 'node:events'
import { connect, createServer, type AddressInfo, type Socket } from 'node:net'

/** What went through one connection. */
export type ProxiedConnection = {
  readonly bytesToServer: number
  readonly bytesToClient: number
  readonly isOpen: boolean
}

/** `reset`: as when a machine dies; `end`: as when a server closes in good order. */
export type Cut = 'reset' | 'end'

export type CuttingProxy = {
  readonly port: number
  /** The way through it, for an HTTP server. */
  readonly url: string
  /** All connections so far, in order. */
  readonly connections: readonly ProxiedConnection[]
  /** The connection with that number (from 1), as soon as it was made. */
  connection(number: number): Promise<ProxiedConnection>
  /** Sent to clients so far, over all connections. */
  readonly bytesToClient: number
  /** Cuts every open connection; gives their number. */
  cut(how?: Cut): number
  /** Lets so many more bytes through to clients, then cuts every connection; settles with the cut. A later call takes its place. */
  cutAfter(bytes: number, how?: Cut): Promise<void>
  /** Bytes wait in the proxy, in both directions, and connections stay open: a network that went silent. */
  hold(): void
  release(): void
  /** New connections pass again; those that are held stay so, as when a machine comes back with another address. */
  releaseNew(): void
  /** New connections are reset at once. */
  refuse(isRefusing: boolean): void
  /** How long bytes take to the client, in milliseconds. */
  delay(delayMs: number): void
  close(): Promise<void>
  [Symbol.asyncDispose](): Promise<void>
}

export type CuttingProxyOptions = {
  /**
   * Asked for all that a client sends: true, and it is passed on, but of what the server answers nothing arrives: both
   * sides are reset instead. What was asked for has been done then, and its asker does not know.
   */
  losesAnswerTo?: (bytes: Buffer) => boolean
}

/** Starts it on a free port, before a server on `targetPort` of 127.0.0.1. */
export async function startCuttingProxy(
  targetPort: number,
  { losesAnswerTo = () => false }: CuttingProxyOptions = {},
): Promise<CuttingProxy> {
  const links: Link[] = []
  const arrivals = new EventTarget()
  const state: State = { isHeld: false, isRefusing: false, delayMs: 0, bytesToClient: 0, planned: null, losesAnswerTo }
  const cut = (how: Cut = 'reset'): number => links.filter((link) => link.isOpen).map((link) => link.cut(how)).length

  const server = createServer((client) => {
    client.on('error', () => client.destroy())
    if (state.isRefusing) return void client.resetAndDestroy()
    links.push(createLink(client, connect(targetPort, '127.0.0.1'), state, cut))
    arrivals.dispatchEvent(new Event('connection'))
  })
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  const { port } = server.address() as AddressInfo
  const close = async (): Promise<void> => {
    cut()
    if (!server.listening) return
    server.close()
    await once(server, 'close')
  }
  return {
    port,
    url: `http://127.0.0.1:${port}`,
    connections: links,
    async connection(number) {
      while (links.length < number) await once(arrivals, 'connection')
      return links[number - 1] as ProxiedConnection
    },
    get bytesToClient() {
      return state.bytesToClient
    },
    cut,
    cutAfter(bytes, how = 'reset') {
      const { promise, resolve } = Promise.withResolvers<void>()
      state.planned = { bytesLeft: bytes, how, resolve }
      return promise
    },
    hold() {
      state.isHeld = true
      for (const link of links) link.setHeld(true)
    },
    release() {
      state.isHeld = false
      for (const link of links) link.setHeld(false)
    },
    releaseNew: () => void (state.isHeld = false),
    refuse: (isRefusing) => void (state.isRefusing = isRefusing),
    delay: (delayMs) => void (state.delayMs = delayMs),
    close,
    [Symbol.asyncDispose]: close,
  }
}

type State = {
  isHeld: boolean
  isRefusing: boolean
  delayMs: number
  bytesToClient: number
  planned: { bytesLeft: number; how: Cut; resolve: () => void } | null
  losesAnswerTo: (bytes: Buffer) => boolean
}

type Link = ProxiedConnection & { cut(how: Cut): void; setHeld(isHeld: boolean): void }

function createLink(client: Socket, server: Socket, state: State, cutAll: (how: Cut) => void): Link {
  let bytesToServer = 0
  let bytesToClient = 0
  let isAnswerLost = false
  const timers = new Set<NodeJS.Timeout>()
  const end = (how: Cut): void => {
    for (const timer of timers) clearTimeout(timer)
    for (const socket of [client, server]) {
      if (how === 'end') socket.destroySoon()
      // A reset of a socket that is shutting down fails within Node, whose process can then never end.
      else if (socket.writableEnded) socket.destroy()
      else socket.resetAndDestroy()
    }
  }
  const later = (act: () => void): void => {
    if (state.delayMs === 0 && timers.size === 0) return act()
    // Timers of one length fire in the order they were set.
    const timer = setTimeout(() => {
      timers.delete(timer)
      act()
    }, state.delayMs)
    timers.add(timer)
  }
  const send = (bytes: Buffer): void => {
    if (isAnswerLost) return end('reset')
    const { planned } = state
    const passed = planned === null ? bytes : bytes.subarray(0, planned.bytesLeft)
    bytesToClient += passed.length
    state.bytesToClient += passed.length
    if (!client.write(passed)) server.pause()
    if (planned === null) return
    planned.bytesLeft -= passed.length
    if (planned.bytesLeft > 0) return
    state.planned = null
    cutAll(planned.how)
    planned.resolve()
  }
  client.on('data', (bytes) => {
    bytesToServer += bytes.length
    isAnswerLost ||= state.losesAnswerTo(bytes)
    if (!server.write(bytes)) client.pause()
  })
  server.on('data', (bytes) => later(() => send(bytes)))
  client.on('drain', () => void (state.isHeld || server.resume()))
  server.on('drain', () => void (state.isHeld || client.resume()))
  client.on('end', () => server.end())
  server.on('end', () => later(() => client.end()))
  // What closes one side closes the other, once that has been sent what came before.
  client.on('close', () => server.destroy())
  server.on('close', () => later(() => client.destroySoon()))
  server.on('error', () => client.destroySoon())
  client.setNoDelay(true)
  server.setNoDelay(true)
  const setHeld = (isHeld: boolean): void => {
    for (const socket of [client, server]) {
      if (isHeld) socket.pause()
      else socket.resume()
    }
  }
  if (state.isHeld) setHeld(true)
  return {
    get bytesToServer() {
      return bytesToServer
    },
    get bytesToClient() {
      return bytesToClient
    },
    get isOpen() {
      return !client.destroyed
    },
    cut: end,
    setHeld,
  }
}
