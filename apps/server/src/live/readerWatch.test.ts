import { once } from 'node:events'
import { existsSync } from 'node:fs'
import { connect, createServer, type AddressInfo, type Socket } from 'node:net'
import { afterEach, describe, expect, it } from 'vitest'
import { createReaderWatch } from './readerWatch.ts'
import { addTable, readKernelQueues } from './unsentBytes.ts'

const stallMs = 400
const ends: (() => void)[] = []
afterEach(() => ends.splice(0).forEach((end) => end()))

/** Both ends of a connection; the client reads nothing until it is told to. */
async function openPair(): Promise<{ client: Socket; server: Socket }> {
  const listener = createServer().listen(0, '127.0.0.1')
  await once(listener, 'listening')
  const accepted = once(listener, 'connection') as Promise<[Socket]>
  const client = connect((listener.address() as AddressInfo).port, '127.0.0.1').on('error', () => undefined)
  client.pause()
  const [server] = await accepted
  server.on('error', () => undefined)
  ends.push(
    () => [client, server].forEach((socket) => socket.destroy()),
    () => listener.close(),
  )
  return { client, server }
}

function watch(socket: Socket): { cut: Promise<number>; isCut(): boolean } {
  const readers = createReaderWatch({ stallMs })
  readers.add(socket)
  ends.push(() => readers.stop())
  const cut = Promise.withResolvers<number>()
  socket.once('close', () => cut.resolve(performance.now()))
  return { cut: cut.promise, isCut: () => socket.destroyed }
}

describe('a connection for which something waits', () => {
  it('L2 is cut when it takes none of it', async () => {
    const { server } = await openPair()
    const startedAt = performance.now()
    const { cut } = watch(server)
    server.write(Buffer.alloc(16 * 1_024 * 1_024))
    expect((await cut) - startedAt).toBeGreaterThanOrEqual(stallMs)
  })

  it.runIf(existsSync('/proc/net/tcp'))('L2 is cut also where the system’s own buffers hold all of it', async () => {
    const { server } = await openPair()
    const { cut } = watch(server)
    // More than the peer's window, less than the buffers of both ends: all of it has been taken, as far as node knows.
    for (let piece = 0; piece < 10; piece += 1)
      await new Promise((resolve) => server.write(Buffer.alloc(40 * 1_024), resolve))
    expect((await readKernelQueues())(server)).toBeGreaterThan(0)
    await cut
  })

  it('L2 is left alone while it takes it, however slowly', async () => {
    const { client, server } = await openPair()
    const { isCut } = watch(server)
    server.write(Buffer.alloc(16 * 1_024 * 1_024))
    const until = performance.now() + 5 * stallMs
    let read = 0
    while (performance.now() < until) {
      client.resume()
      const [piece] = (await once(client, 'data')) as [Buffer]
      read += piece.length
      client.pause()
      await new Promise((resolve) => setTimeout(resolve, stallMs / 40))
    }
    expect(isCut()).toBe(false)
    expect(read).toBeLessThan(16 * 1_024 * 1_024)
  })

  it('L2 is left alone while nothing waits', async () => {
    const { server } = await openPair()
    const { isCut } = watch(server)
    server.write('a little, which its window takes')
    await new Promise((resolve) => setTimeout(resolve, 3 * stallMs))
    expect(isCut()).toBe(false)
  })
})

it('L2 what waits in the system is read per connection, and nobody’s where two have the same ports', () => {
  const bytes = new Map<string, number>()
  const line = (ports: string, queues: string) => `   0: 0100007F:${ports.replace('>', ' 0100007F:')} 01 ${queues} 00:0`
  addTable(
    bytes,
    [
      'title',
      line('0BB8>C350', '00010000:00000000'),
      line('0BB8>C351', '00000002:0'),
      line('0BB8>C351', '00000003:0'),
    ].join('\n'),
  )
  expect([...bytes]).toEqual([
    ['3000:50000', 65_536],
    ['3000:50001', 0],
  ])
})
